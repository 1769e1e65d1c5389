package dev.lockclaim.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.view.Token;
import dev.lockclaim.operator.observe.Observed;
import java.util.List;
import org.junit.jupiter.api.Test;

class RolesTest {
  @Test
  void theOldPodIsChangedBeforeTheNew() {
    assertThat(
            changes(
                new Scene().holds(0, "b", 0, 50).pod("b", "standby", 0L).pod("a", "active", 40L)))
        .containsExactly("a standby 50", "b active 50");
  }

  @Test
  void whatIsRightIsLeft() {
    assertThat(
            changes(
                new Scene().holds(0, "a", 0, 50).pod("a", "active", 50L).pod("b", "standby", 0L)))
        .isEmpty();
  }

  @Test
  void aNewTokenOfTheSamePodIsWritten() {
    assertThat(changes(new Scene().holds(0, "a", 0, 60).pod("a", "active", 50L)))
        .containsExactly("a active 60");
  }

  @Test
  void aLowerTokenNeverOverwritesAHigherOne() {
    assertThat(changes(new Scene().holds(0, "a", 0, 50).pod("a", "standby", 60L))).isEmpty();
  }

  @Test
  void aGrantThatWeHaveNotHeardOfIsNotTakenBack() {
    assertThat(changes(new Scene().etcd(Scene.CLUSTER, 55, 0).pod("a", "active", 60L))).isEmpty();
  }

  @Test
  void afterARestartOfTheOperatorAnEndedGrantIsTakenBack() {
    assertThat(changes(new Scene().etcd(Scene.CLUSTER, 70, 0).pod("a", "active", 60L)))
        .containsExactly("a standby 60");
  }

  @Test
  void inANewEpochRevisionsAreLowAgain() {
    assertThat(
            changes(
                new Scene()
                    .settings(1, Scene.CLUSTER)
                    .etcd(Scene.CLUSTER, 5, 0)
                    .pod("a", "active", 60L)))
        .containsExactly("a standby 60");
    assertThat(
            changes(
                new Scene().settings(1, Scene.CLUSTER).holds(0, "a", 1, 6).pod("a", "active", 60L)))
        .containsExactly("a active " + Token.of(1, 6));
  }

  @Test
  void severalSlotsHaveSeveralActivePods() {
    assertThat(
            changes(
                new Scene()
                    .holds(0, "a", 0, 50)
                    .holds(1, "b", 0, 51)
                    .pod("a", "standby", 0L)
                    .pod("b", "standby", 0L)))
        .containsExactlyInAnyOrder("a active 50", "b active 51");
  }

  @Test
  void aPodWithoutSidecarIsLeftAlone() {
    assertThat(changes(new Scene().holds(0, "a", 0, 50).pod("x", "", null, "", false, null)))
        .isEmpty();
  }

  @Test
  void aDeletionCostOfTheUsersStays() {
    assertThat(changes(new Scene().pod("a", "standby", 0L, "5", true, null))).isEmpty();
    assertThat(changes(new Scene().pod("a", "standby", 0L, Roles.HOLDER_DELETION_COST, true, null)))
        .containsExactly("a standby 0");
  }

  private static List<String> changes(Scene scene) {
    Observed seen = scene.seen();
    return Roles.decide(seen.pods(), seen.lock(), seen.etcd()).stream()
        .map(change -> change.pod().name() + " " + change.role() + " " + change.token())
        .toList();
  }
}
