package dev.lockclaim.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Token;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SettingsPlanTest {
  private static final long OTHER = 0xbb;

  @Test
  void l9EqualSettingsAreKept() {
    assertThat(plan(new Scene().settings(0, Scene.CLUSTER))).isEqualTo(new SettingsPlan.Keep());
  }

  @Test
  void aNewClaimBeginsWithEpochNought() {
    assertThat(plan(new Scene())).isEqualTo(new SettingsPlan.Write(settings(0, ""), 0));
  }

  @Test
  void whatTheClaimSaysDifferentlyIsWrittenOverWhatWasSeen() {
    assertThat(plan(new Scene().settings(0, Scene.CLUSTER).newest("r2")))
        .isEqualTo(new SettingsPlan.Write(settings(0, "r2"), 7));
  }

  @Test
  void theEpochNeverGoesBackWhenSettingsAreWrittenAnew() {
    assertThat(plan(new Scene().holds(0, "a", 3, 50)))
        .isEqualTo(new SettingsPlan.Write(settings(3, ""), 0));
    assertThat(plan(new Scene().remembered(Scene.CLUSTER, 4, 0)))
        .isEqualTo(new SettingsPlan.Write(settings(4, ""), 0));
  }

  @Test
  void t17AClaimMadeAnewBeginsWithTheEpochOfItsPodsAndLedgers() {
    Scene pods = new Scene().pod("a", "standby", 0L).pod("b", "standby", Token.of(2, 50));
    assertThat(plan(pods)).isEqualTo(new SettingsPlan.Write(settings(2, ""), 0));
    assertThat(plan(new Scene().ledger(32, 3, 60)))
        .isEqualTo(new SettingsPlan.Write(settings(3, ""), 0));
    Scene restored = new Scene().settings(0, OTHER).pod("b", "standby", Token.of(2, 50));
    assertThat(SettingsPlan.decide(restored.seen(), Optional.of(Scene.NOW.minusSeconds(13)), 0))
        .isEqualTo(new SettingsPlan.BeginEpoch(settings(3, ""), 7));
  }

  @Test
  void whatWasWrittenIntoAnAnnotationEndsNoGrant() {
    assertThat(
            plan(
                new Scene()
                    .settings(0, Scene.CLUSTER)
                    .holds(0, "a", 0, 50)
                    .pod("b", "standby", Token.of(2, 50))))
        .isEqualTo(new SettingsPlan.Keep());
    Scene notOurs = new Scene().pod("a", "", Token.of(2, 50), "", false, null);
    assertThat(plan(notOurs)).isEqualTo(new SettingsPlan.Write(settings(0, ""), 0));
    assertThat(plan(new Scene().pod("a", "standby", -1L)))
        .isEqualTo(new SettingsPlan.Write(settings(0, ""), 0));
  }

  @Test
  void c7H6AnotherClusterIsWaitedOut() {
    assertThat(plan(new Scene().settings(0, OTHER)))
        .isEqualTo(new SettingsPlan.Wait(Scene.NOW.plusSeconds(13), 7));
    assertThat(plan(new Scene().remembered(OTHER, 0, 50)))
        .isEqualTo(new SettingsPlan.Wait(Scene.NOW.plusSeconds(13), 0));
  }

  @Test
  void c7H6ARevisionBelowTheLastTokenIsWaitedOut() {
    Scene scene = new Scene().settings(0, Scene.CLUSTER).remembered(Scene.CLUSTER, 0, 5000);
    assertThat(plan(scene)).isInstanceOf(SettingsPlan.Wait.class);
    assertThat(plan(scene.etcd(Scene.CLUSTER, 5000, 0))).isEqualTo(new SettingsPlan.Keep());
  }

  @Test
  void aSetbackIsWaitedOutOnce() {
    Scene scene = new Scene().settings(0, Scene.CLUSTER).etcd(Scene.CLUSTER, 1000, 1);
    assertThat(plan(scene)).isInstanceOf(SettingsPlan.Wait.class);
    assertThat(SettingsPlan.decide(scene.seen(), Optional.empty(), 1))
        .isEqualTo(new SettingsPlan.Keep());
  }

  @Test
  void t17H6AfterTheWaitAHigherEpochBegins() {
    Scene scene = new Scene().settings(2, OTHER);
    var since = Optional.of(Scene.NOW.minus(Duration.ofSeconds(13)));
    assertThat(SettingsPlan.decide(scene.seen(), since, 0))
        .isEqualTo(new SettingsPlan.BeginEpoch(settings(3, ""), 7));
    assertThat(SettingsPlan.decide(scene.seen(), Optional.of(Scene.NOW.minusSeconds(12)), 0))
        .isInstanceOf(SettingsPlan.Wait.class);
  }

  @Test
  void aWaitThatHasBegunIsSeenThroughAlsoWhenNothingRemindsOfIt() {
    var since = Optional.of(Scene.NOW.minusSeconds(1));
    assertThat(SettingsPlan.decide(new Scene().seen(), since, 0))
        .isInstanceOf(SettingsPlan.Wait.class);
  }

  @Test
  void aNewEpochIsNotTakenForARestore() {
    Scene scene = new Scene().settings(1, Scene.CLUSTER).etcd(Scene.CLUSTER, 9, 0);
    assertThat(plan(scene.remembered(OTHER, 0, 5000))).isEqualTo(new SettingsPlan.Keep());
    assertThat(plan(scene.remembered(Scene.CLUSTER, 0, 5000))).isEqualTo(new SettingsPlan.Keep());
    assertThat(plan(scene.remembered(Scene.CLUSTER, 1, 5000))).isEqualTo(new SettingsPlan.Keep());
    assertThat(plan(scene.remembered(Scene.CLUSTER, 1, Token.of(1, 8))))
        .isEqualTo(new SettingsPlan.Keep());
    assertThat(plan(scene.remembered(Scene.CLUSTER, 1, Token.of(1, 10))))
        .isInstanceOf(SettingsPlan.Wait.class);
  }

  private static SettingsPlan plan(Scene scene) {
    return SettingsPlan.decide(scene.seen(), Optional.empty(), 0);
  }

  private static Settings settings(long epoch, String newestRevision) {
    return new Settings(
        1, 0, "NewestRevision", newestRevision, false, epoch, Scene.CLUSTER, "claim", 0);
  }
}
