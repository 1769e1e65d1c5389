package dev.lockclaim.operator;

import static dev.lockclaim.operator.testing.TestingClaim.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.TestingOperator;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two replicas of the operator. */
class ReplicasTest extends WithOperator {
  @Test
  void bothAreReadyAndTheOtherOneTakesOver(TestingCluster cluster) {
    await().atMost(SOON).until(() -> operator.metrics().contains("lockclaim_operator_leader 1.0"));
    try (TestingOperator second = operator.another(cluster, Map.of("endpoints", etcd.url()))) {
      await()
          .atMost(SOON)
          .until(
              () ->
                  operator.operator().missing().isEmpty() && second.operator().missing().isEmpty());
      assertThat(second.metrics())
          .contains(
              "lockclaim_operator_leader 0.0", "lockclaim_build_info{part=\"operator\",version=");
      operator.operator().close();
      // Sooner than its Lease runs out: it was given back.
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> second.metrics().contains("lockclaim_operator_leader 1.0"));
      claim.create();
      claim.awaitCondition("Ready", "True", "NoCandidate"); // it does what a leader does
    }
  }
}
