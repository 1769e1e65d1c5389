package dev.lockclaim.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.view.Ledger;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SweepPlanTest {
  private static final Duration LONG = SweepPlan.LONGEST_DELAY;

  @Test
  void settingsOfAClaimThatIsGoneAreWithdrawnWhoeverHolds() {
    Scene scene = new Scene().settings(0, Scene.CLUSTER).holds(0, "a", 0, 50).queues("b");
    assertThat(SweepPlan.decide(scene.lock(), Duration.ZERO)).isEqualTo(new SweepPlan.Withdraw(7));
  }

  @Test
  void settingsThatNoClaimWroteAreLeft() {
    Scene run = new Scene().settingsOfNoClaim();
    assertThat(SweepPlan.decide(run.lock(), LONG)).isEqualTo(new SweepPlan.Leave());
    Scene newer = new Scene().unreadable("settings");
    assertThat(SweepPlan.decide(newer.lock(), LONG)).isEqualTo(new SweepPlan.Leave());
  }

  @Test
  void whoHoldsOrStandsInLineIsLeft() {
    Scene held = new Scene().holds(0, "a", 0, 50).ledger(0, 50).ledger(1, 51);
    assertThat(SweepPlan.decide(held.lock(), LONG)).isEqualTo(new SweepPlan.Leave());
    assertThat(SweepPlan.decide(new Scene().queues("b").ledger(0, 50).lock(), LONG))
        .isEqualTo(new SweepPlan.Leave());
    assertThat(SweepPlan.decide(new Scene().unreadable("holder/0").ledger(0, 50).lock(), LONG))
        .isEqualTo(new SweepPlan.Leave());
  }

  @Test
  void aLedgerStaysAsLongAsADelayMayBe() {
    Scene scene = new Scene().ledger(0, 50);
    assertThat(SweepPlan.decide(scene.lock(), LONG.minusMillis(1)))
        .isEqualTo(new SweepPlan.Leave());
    assertThat(SweepPlan.decide(scene.lock(), LONG))
        .isEqualTo(new SweepPlan.Clear(List.of(new Ledger(0, 0, 0, 50))));
  }

  @Test
  void t17OneLedgerOfTheHighestEpochStaysForAClaimMadeAnew() {
    Scene scene = new Scene().ledger(0, 2, 50).ledger(1, 1, 70).ledger(32, 2, 60);
    SweepPlan.Clear plan = (SweepPlan.Clear) SweepPlan.decide(scene.lock(), LONG);
    assertThat(plan.ledgers())
        .containsExactlyInAnyOrder(new Ledger(0, 0, 2, 50), new Ledger(1, 0, 1, 70));
    assertThat(SweepPlan.decide(new Scene().ledger(32, 2, 60).lock(), LONG))
        .isEqualTo(new SweepPlan.Leave());
    assertThat(SweepPlan.decide(new Scene().ledger(32, 2, 60).requested("b", "1").lock(), LONG))
        .isEqualTo(new SweepPlan.Clear(List.of()));
  }
}
