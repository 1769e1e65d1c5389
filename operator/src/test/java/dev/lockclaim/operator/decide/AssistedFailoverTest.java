package dev.lockclaim.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.operator.observe.PodFacts;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AssistedFailoverTest {
  private static final String TERMINATED =
      "state: {terminated: {finishedAt: '2025-12-31T23:59:00Z', exitCode: 0}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // whether main cannot run any more | metadata | status
        "false | {} | {phase: Running}",
        "false | {} | {phase: Unknown}",
        "true | {} | {phase: Succeeded, containerStatuses: [{name: main, T}, {name: helper, T}]}",
        "true | {} | {phase: Failed, containerStatuses: [{name: main, T}]}",
        "false | {} | {phase: Running, containerStatuses: [{name: main, T}]}",
        "false | {deletionTimestamp: '2025-12-31T23:58:00Z'} | {phase: Running, containerStatuses: [{name: main, state: {running: {}}}]}",
        "false | {deletionTimestamp: '2025-12-31T23:58:00Z'} | {phase: Running}",
        "true | {deletionTimestamp: '2025-12-31T23:58:00Z'} | {phase: Running, containerStatuses: [{name: main, T}]}",
        "true | {deletionTimestamp: '2025-12-31T23:58:00Z'} | {containerStatuses: [{name: main, T}, {name: helper, state: {running: {}}}]}",
      })
  void c6H13OnlyTheKubeletsWordCounts(boolean over, String metadata, String status) {
    assertThat(over(metadata, status)).isEqualTo(over);
  }

  /** Failed is what the pod garbage collector writes, too, when the object of a node is gone. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{phase: Failed}",
        "{phase: Succeeded}",
        "{phase: Failed, reason: Evicted, containerStatuses: []}",
        "{phase: Failed, containerStatuses: [{name: main, state: {running: {}}}]}",
        "{phase: Succeeded, containerStatuses: [{name: main, state: {running: {}}}]}",
        "{phase: Failed, containerStatuses: [{name: helper, T}]}",
        "{phase: Failed, containerStatuses: [{name: main, state: {running: {}}}, {name: helper, T}]}",
        "{phase: Failed, containerStatuses: [{name: main, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {finishedAt: '2025-12-31T23:59:00Z'}}}]}",
      })
  void c6H13APhaseIsNotTheKubeletsWord(String status) {
    assertThat(over("{}", status)).isFalse();
  }

  @Test
  void c6H13AContainerThatTheKubeletHasLostSightOfHasNotEnded() {
    String lost =
        "{phase: Failed, containerStatuses: [{name: main, state: {terminated: {exitCode: 137, reason: ContainerStatusUnknown, finishedAt: null}}}]}";
    assertThat(over("{}", lost)).isFalse();
    assertThat(over("{deletionTimestamp: '2025-12-31T23:58:00Z'}", lost)).isFalse();
  }

  private static boolean over(String metadata, String status) {
    String yaml =
        "---\n{apiVersion: v1, kind: Pod, metadata: %s, spec: {containers: [{name: main, command: [/lockclaim/gate, run]}, {name: helper}]}, status: %s}"
            .formatted(metadata.strip(), status.strip().replace("T}", TERMINATED + "}"));
    return PodFacts.of(Serialization.unmarshal(yaml, Pod.class)).over().isPresent();
  }

  @Test
  void theSidecarHasItsChanceFirst() {
    Scene just =
        new Scene()
            .holds(0, "a", 0, 50)
            .pod("a", "active", 50L, "", true, Scene.NOW.minusSeconds(1));
    assertThat(AssistedFailover.decide(just.seen())).isEmpty();
    assertThat(AssistedFailover.pending(just.seen())).isTrue();
    Scene longAgo =
        new Scene()
            .holds(0, "a", 0, 50)
            .pod("a", "active", 50L, "", true, Scene.NOW.minusSeconds(3));
    assertThat(AssistedFailover.decide(longAgo.seen())).hasSize(1);
  }

  @Test
  void c6H13AnEndBeforeTheGrantIsThatOfAnEarlierMain() {
    Instant end = Scene.NOW.minusSeconds(9);
    Scene earlier = new Scene().pod("a", "active", 50L, "", true, end);
    Scene later = new Scene().pod("a", "active", 50L, "", true, end);
    assertThat(AssistedFailover.decide(earlier.holdsSince(end.plusMillis(1), "a", 50).seen()))
        .isEmpty();
    assertThat(AssistedFailover.pending(earlier.seen())).isFalse();
    assertThat(AssistedFailover.decide(later.holdsSince(end, "a", 50).seen())).hasSize(1);
  }

  @Test
  void c6H13APodThatIsGoneOrAnotherOfTheSameNameProvesNothing() {
    assertThat(AssistedFailover.decide(new Scene().holds(0, "a", 0, 50).seen())).isEmpty();
    Scene another =
        new Scene()
            .holds(0, "a", 0, 50)
            .pod("b", "standby", 0L, "", true, Scene.NOW.minusSeconds(9));
    assertThat(AssistedFailover.decide(another.seen())).isEmpty();
    assertThat(AssistedFailover.pending(another.seen())).isFalse();
  }
}
