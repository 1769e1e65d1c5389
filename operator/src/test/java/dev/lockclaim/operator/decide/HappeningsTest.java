package dev.lockclaim.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.operator.observe.EtcdHealth;
import dev.lockclaim.operator.observe.Observed;
import java.util.List;
import org.junit.jupiter.api.Test;

class HappeningsTest {
  private static final LockClaimStatus HELD_BY_A =
      status(new Scene().holds(0, "a", 0, 50).ledger(0, 50));

  @Test
  void aGrantIsToldOnce() {
    assertThat(reasons(new Scene().holds(0, "a", 0, 50))).containsExactly("LockAcquired");
    assertThat(reasons(new Scene().before(HELD_BY_A).holds(0, "a", 0, 50))).isEmpty();
  }

  @Test
  void aHandoverIsAReleaseAndAGrant() {
    assertThat(
            reasons(
                new Scene()
                    .holds(0, "a", 0, 50)
                    .ledger(0, 50)
                    .then()
                    .handed(0, "b", 60)
                    .ledger(0, 60)
                    .before(HELD_BY_A)))
        .containsExactly("LockReleased", "LockAcquired");
  }

  @Test
  void aHolderThatVanishesAndLeavesItsLedgerHasLostTheLock() {
    assertThat(
            reasons(
                new Scene()
                    .holds(0, "a", 0, 50)
                    .ledger(0, 50)
                    .then()
                    .ledger(0, 50)
                    .before(HELD_BY_A)))
        .containsExactly("LockLost", "NoCandidate");
    // also when the operator was not looking
    assertThat(reasons(new Scene().ledger(0, 50).before(HELD_BY_A)))
        .containsExactly("LockLost", "NoCandidate");
  }

  @Test
  void aCleanReleaseIsNoLoss() {
    assertThat(
            reasons(
                new Scene()
                    .holds(0, "a", 0, 50)
                    .ledger(0, 50)
                    .then()
                    .queues("b")
                    .before(HELD_BY_A)))
        .containsExactly("LockReleased");
  }

  @Test
  void troubleIsToldWhenItBegins() {
    EtcdHealth away = EtcdHealth.unreachable("EtcdUnreachable", "etcd is away.");
    Scene trouble = new Scene().health(away).pod("x", "", null, "", false, null);
    assertThat(reasons(trouble)).containsExactly("EtcdUnreachable", "UninjectedPodFound");
    assertThat(reasons(trouble.before(status(trouble)))).isEmpty();
  }

  private static LockClaimStatus status(Scene scene) {
    return Statuses.decide(scene.seen(), new SettingsPlan.Keep());
  }

  private static List<String> reasons(Scene scene) {
    Observed seen = scene.seen();
    return Happenings.decide(seen, status(scene)).stream()
        .map(Happenings.Happening::reason)
        .toList();
  }
}
