package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A claim with a delay of ten seconds. */
final class CoreDelayTest extends CoreScene {
  CoreDelayTest() {
    super(1, 10);
  }

  @Test
  void aSlotWhoseHolderVanishedIsLeftAloneForTheDelay() {
    active();
    first.crashSidecar();
    world.store.revoke(view().holders().get(0).lease());
    for (int seconds = 0; seconds < 9; seconds++) {
      settle(second);
      assertThat(view().holders()).isEmpty();
      pass(SECOND);
      renew(second);
    }
    pass(SECOND);
    renew(second);
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void aSlotThatWasGivenBackIsTakenAtOnce() {
    active();
    yieldAndEnd(first);
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }
}
