package dev.lockclaim.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.operator.observe.PodFacts;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        "true | {} | {phase: Succeeded}",
        "true | {} | {phase: Failed}",
        "false | {} | {phase: Running, containerStatuses: [{name: main, T}]}",
        "false | {deletionTimestamp: '2025-12-31T23:58:00Z'} | {phase: Running, containerStatuses: [{name: main, state: {running: {}}}]}",
        "false | {deletionTimestamp: '2025-12-31T23:58:00Z'} | {phase: Running}",
        "true | {deletionTimestamp: '2025-12-31T23:58:00Z'} | {phase: Running, containerStatuses: [{name: main, T}]}",
        "true | {deletionTimestamp: '2025-12-31T23:58:00Z'} | {containerStatuses: [{name: main, T}, {name: helper, state: {running: {}}}]}",
      })
  void c6H13OnlyTheKubeletsWordCounts(boolean over, String metadata, String status) {
    String yaml =
        "---\n{apiVersion: v1, kind: Pod, metadata: %s, spec: {containers: [{name: main, command: [/lockclaim/gate, run]}, {name: helper}]}, status: %s}"
            .formatted(metadata.strip(), status.strip().replace("T}", TERMINATED + "}"));
    assertThat(PodFacts.of(Serialization.unmarshal(yaml, Pod.class)).over().isPresent())
        .isEqualTo(over);
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
