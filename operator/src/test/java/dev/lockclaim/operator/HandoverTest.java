package dev.lockclaim.operator;

import static dev.lockclaim.operator.testing.TestingClaim.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.testing.TestingPods;
import io.fabric8.kubernetes.api.model.Pod;
import org.junit.jupiter.api.Test;

/** A hand-over on request. */
class HandoverTest extends WithOperator {
  @Test
  void aHandoverIsAskedForByAnnotation() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    Pod b = TestingPods.injected(client, namespace, "b", "billing");
    claim.create();
    long first = lock.grant(0, 0, "a", uid(a), "queue");
    lock.join("b", uid(b));
    claim.awaitCandidates(2);
    claim.askFor("b");
    await().atMost(SOON).until(() -> lock.get("request").isPresent());
    assertThat(lock.get("request").get()).contains("\"to\":\"b\"").contains("-" + first + "\"");
    claim.awaitEvent("LockClaim", Names.EVENT_HANDOVER_STARTED, "hand the lock over to pod b");
    lock.grant(0, 0, "b", uid(b), "handover");
    await().atMost(SOON).until(() -> !claim.asks());
    await().atMost(SOON).until(() -> lock.get("request").isEmpty());
    claim.awaitEvent("LockClaim", Names.EVENT_HANDOVER_COMPLETED, "Pod b holds the lock");

    claim.askFor("nobody");
    claim.awaitEvent("LockClaim", Names.EVENT_NO_CANDIDATE, "Pod nobody is not in line");
    await().atMost(SOON).until(() -> !claim.asks());
  }
}
