package dev.lockclaim.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.lock.Timing;
import dev.lockclaim.operator.observe.EtcdHealth;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusesTest {
  private static final EtcdHealth AWAY = EtcdHealth.unreachable("EtcdUnreachable", "etcd is away.");

  @Test
  void allConditionsAreThereFromTheFirstLook() {
    LockClaimStatus status = status(new Scene().health(EtcdHealth.NOT_TRIED));
    assertThat(conditions(status))
        .containsExactly(
            "Ready Unknown Connecting",
            "Held Unknown Connecting",
            "EtcdReachable Unknown Connecting",
            "PodsInjected True NoPods");
    assertThat(status.conditions())
        .allMatch(
            condition -> condition.observedGeneration() == 1 && !condition.message().isEmpty());
  }

  @Test
  void heldSaysWhoAndWhyNot() {
    assertThat(held(new Scene())).isEqualTo("Held False NoCandidate");
    assertThat(held(new Scene().queues("a"))).isEqualTo("Held False Waiting");
    assertThat(held(new Scene().holds(0, "a", 0, 50))).isEqualTo("Held True Held");
    assertThat(held(new Scene().suspended())).isEqualTo("Held False Suspended");
    assertThat(held(new Scene().suspended().holds(0, "a", 0, 50)))
        .isEqualTo("Held True Suspending");
    assertThat(held(new Scene().health(AWAY).holds(0, "a", 0, 50)))
        .isEqualTo("Held Unknown EtcdUnreachable");
  }

  @Test
  void equalObservationsGiveEqualStatuses() {
    Scene scene =
        new Scene().settings(0, Scene.CLUSTER).holds(0, "a", 0, 50).pod("a", "active", 50L);
    LockClaimStatus first = status(scene);
    assertThat(status(scene.before(first))).isEqualTo(first);
  }

  @Test
  void grantsAreCountedOnce() {
    LockClaimStatus first = status(new Scene().holds(0, "a", 0, 50));
    assertThat(first.transitions()).isEqualTo(1);
    assertThat(first.etcd().lastToken()).isEqualTo(50);
    assertThat(status(new Scene().before(first).holds(0, "a", 0, 50)).transitions()).isEqualTo(1);
    assertThat(status(new Scene().before(first).holds(0, "b", 0, 60)).transitions()).isEqualTo(2);
  }

  @Test
  void aKeyThatCannotBeReadIsNamed() {
    Scene scene = new Scene().settings(0, Scene.CLUSTER).unreadable("holder/0");
    LockClaimStatus.Condition ready = status(scene).conditions().getFirst();
    assertThat(ready.reason()).isEqualTo("UnreadableKey");
    assertThat(ready.status()).isEqualTo("False");
    assertThat(ready.message()).startsWith("Etcd key holder/0 was not written by").endsWith(".");
  }

  @Test
  void whileEtcdIsAwayTheLastWordStands() {
    LockClaimStatus first = status(new Scene().holds(0, "a", 0, 50).queues("b"));
    LockClaimStatus away = status(new Scene().before(first).health(AWAY));
    assertThat(away.holders()).isEqualTo(first.holders());
    assertThat(away.candidates()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    // TTL, grace, TERM, KILL, gone, outage ridden out: the table of the design
    "5,1,3400,4400,4900,2150",
    "10,3,6350,9350,9850,3850",
    "15,3,11300,14300,14800,7550",
    "30,5,24150,29150,29650,16650",
  })
  void timesAreThoseThatPodsLiveBy(
      int durationSeconds, int graceSeconds, long term, long kill, long gone, long outage) {
    LockClaimStatus.Timing timing =
        status(
                new Scene()
                    .spec(withLease(new LockClaimSpec.Lease(durationSeconds, graceSeconds, 0))))
            .timing();
    assertThat(
            List.of(
                timing.terminateAfterMillis(),
                timing.killAfterMillis(),
                timing.goneAfterMillis(),
                timing.outageRiddenOutMillis()))
        .containsExactly(term, kill, gone, outage);
  }

  /** The API server's rule on spec.lease, and pods, must not disagree. */
  @Test
  void theApiCountsAsPodsDo() {
    for (int duration = 5; duration <= 600; duration++) {
      LockClaimSpec.Lease lease = new LockClaimSpec.Lease(duration, null, 0);
      int grace = lease.effectiveStopGraceSeconds();
      assertThat(grace).isEqualTo(Timing.defaultGraceSeconds(duration));
      assertThat(Timing.ofSeconds(duration, grace).outageMillis())
          .as("the arithmetic of the rule, at %s s", duration)
          .isEqualTo(740L * duration - 550 - 1000L * grace);
    }
  }

  private static LockClaimSpec withLease(LockClaimSpec.Lease lease) {
    LockClaimSpec all = LockClaimSpec.defaults();
    return new LockClaimSpec(1, lease, all.gate(), all.handover(), false);
  }

  private static LockClaimStatus status(Scene scene) {
    return Statuses.decide(scene.seen(), new SettingsPlan.Keep());
  }

  private static String held(Scene scene) {
    return conditions(status(scene)).get(1);
  }

  private static List<String> conditions(LockClaimStatus status) {
    return status.conditions().stream()
        .map(condition -> condition.type() + " " + condition.status() + " " + condition.reason())
        .toList();
  }
}
