package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A claim of two slots, both held, which is made one of one slot. */
final class CoreSlotsTest extends CoreScene {
  CoreSlotsTest() {
    super(2, 0);
  }

  @BeforeEach
  void bothAreActive() {
    settle(first);
    settle(first, second);
    assertThat(view().holders().get(0).lease()).isEqualTo(first.marks.marks().lease());
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void c10H7AHolderAboveTheSlotsCountsWhenASlotIsTaken() throws EtcdFailure {
    settings(1, false);
    settleSidecar(first);
    yieldAndEnd(first);
    settle(first); // gives it back, and stands in line; second has heard nothing yet
    assertThat(view().holders()).containsOnlyKeys(1);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
  }

  @Test
  void h7AHolderAboveTheSlotsStopsAndGivesItBack() throws EtcdFailure {
    settings(1, false);
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.ENDING);
    second.gate.gone(second.clock());
    settle(second);
    assertThat(view().holders()).containsOnlyKeys(0);
    assertThat(view().ledgers()).containsOnlyKeys(0);
  }
}
