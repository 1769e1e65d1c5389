package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a sidecar process takes over from the one before it. */
final class CoreTakeUpTest extends CoreScene {
  @Test
  void l1AnEndThatIsToldBeforeEtcdIsReachedIsNotForgotten() {
    final long token = active();
    first.crashSidecar();
    first.gate.leave(false, first.clock()); // main exits
    first.startSidecar();
    first.connectGate();
    first.sidecarReads(); // it is being ended
    first.gate.gone(first.clock());
    first.sidecarReads(); // it has ended, and is said so once
    first.gate.seeDelivered(first.clock());
    first.sidecarReads();
    newContainer(first);
    first.connectGate();
    settle(first, second);
    assertThat(holder()).isGreaterThan(token);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }
}
