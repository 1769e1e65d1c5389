package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.LockKeys;
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

  @Test
  void c10H7NobodyIsHandedASlotWhileOneAboveTheSlotsIsHeld() throws EtcdFailure {
    Three three = new Three();
    three.settings(1, false);
    three.settleSidecar(three.first); // the second pod has heard nothing yet
    three.yieldAndEnd(three.first);
    three.first.sidecarReads();
    assertThat(giving(three.give(three.first)).orElseThrow().successor()).isEmpty();
  }

  @Test
  void c10H7NobodyIsHandedASlotAboveTheSlots() throws EtcdFailure {
    Three three = new Three();
    three.write(
        new Step.Write.Delete(LockKeys.holder(0)), new Step.Write.Delete(LockKeys.ledger(0)));
    three.settings(1, false);
    three.settleSidecar(three.second);
    three.yieldAndEnd(three.second); // it was told to stop already
    three.second.sidecarReads();
    assertThat(giving(three.give(three.second)).orElseThrow().successor()).isEmpty();
  }

  /** Two are active, the third is in line. */
  private static final class Three extends CoreScene {
    Three() {
      super(world(3, 2, 0));
      settle(first);
      settle(first, second);
      settle(world.pods.get(2));
      settle(first, second);
      assertThat(view().holders()).containsOnlyKeys(0, 1);
      assertThat(view().queue()).hasSize(1);
    }
  }
}
