package dev.lockclaim.operator;

import static dev.lockclaim.operator.testing.TestingClaim.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.testing.TestingPods;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What happens to the lock is seen in labels, status and events. */
class HoldersTest extends WithOperator {
  @Test
  void theRoleLabelFollowsTheLockOldPodFirst() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    Pod b = TestingPods.injected(client, namespace, "b", "billing");
    claim.create();
    lock.join("a", uid(a));
    lock.join("b", uid(b));
    claim.awaitCondition("Held", "False", "Waiting");
    assertThat(claim.status().candidates()).isEqualTo(2);

    List<String> order = new CopyOnWriteArrayList<>();
    try (var watch = client.pods().inNamespace(namespace).watch(new RoleChanges(order))) {
      long first = lock.grant(0, 0, "a", uid(a), "queue");
      claim.awaitRole("a", Names.ROLE_ACTIVE, first);
      assertThat(claim.pod("a").getMetadata().getAnnotations())
          .containsEntry("controller.kubernetes.io/pod-deletion-cost", "1000");
      claim.awaitCondition("Held", "True", "Held");
      claim.awaitEvent(
          "LockClaim",
          Names.EVENT_LOCK_ACQUIRED,
          "Pod a was granted the lock (slot 0, token " + first + ").");
      claim.awaitEvent(
          "Pod",
          Names.EVENT_LOCK_ACQUIRED,
          "Pod a was granted the lock (slot 0, token " + first + ").");
      assertThat(claim.status().holders())
          .extracting(LockClaimStatus.Holder::podUID)
          .containsExactly(uid(a));

      long second = lock.grant(0, 0, "b", uid(b), "handover");
      claim.awaitRole("b", Names.ROLE_ACTIVE, second);
      claim.awaitRole("a", Names.ROLE_STANDBY, second);
      assertThat(claim.pod("a").getMetadata().getAnnotations())
          .doesNotContainKey("controller.kubernetes.io/pod-deletion-cost");
      claim.awaitEvent(
          "LockClaim",
          Names.EVENT_LOCK_RELEASED,
          "Pod a handed the lock over (slot 0, token " + first + ").");
      await().atMost(SOON).until(() -> claim.status().transitions() == 2);
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> assertThat(order).containsSubsequence("a active", "a standby", "b active"));
      assertThat(watch).isNotNull();
    }

    lock.lose(0);
    claim.awaitRole("b", Names.ROLE_STANDBY, null);
    claim.awaitEvent("Pod", Names.EVENT_LOCK_LOST, "Pod b lost the lock");
    claim.awaitEvent("LockClaim", Names.EVENT_NO_CANDIDATE, "No pod holds the lock");
  }

  @Test
  void aLowerTokenNeverOverwritesAHigherOne() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    client
        .resource(a)
        .edit(
            pod ->
                new PodBuilder(pod)
                    .editMetadata()
                    .addToAnnotations(Names.ANNOTATION_TOKEN, "99999999")
                    .endMetadata()
                    .build());
    Pod b = TestingPods.injected(client, namespace, "b", "billing");
    claim.create();
    long token = lock.grant(0, 0, "a", uid(a), "queue");
    lock.join("b", uid(b));
    claim.awaitCandidates(2);
    assertThat(token).isLessThan(99999999);
    assertThat(claim.pod("a").getMetadata().getLabels())
        .containsEntry(Names.LABEL_ROLE, Names.ROLE_STANDBY);
  }

  @Test
  void c6H13OnlyAPodThatItsKubeletReportsEndedIsFreed() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    claim.create();
    lock.grant(0, 0, "a", uid(a), "queue");
    claim.awaitCondition("Held", "True", "Held");
    client
        .resource(a)
        .withGracePeriod(0)
        .delete(); // the object is gone: that says nothing about main
    Pod b = TestingPods.injected(client, namespace, "b", "billing");
    lock.join("b", uid(b));
    claim.awaitCandidates(2);
    assertThat(lock.get("holder/0")).isPresent();

    lock.grant(0, 0, "b", uid(b), "queue");
    // As the pod garbage collector does for a node that is gone, whose main may run.
    patchStatus("b", "{phase: Failed}");
    claim.awaitCandidates(1);
    lock.join("c", "uid-c"); // so that the operator has looked again since
    claim.awaitCandidates(2);
    assertThat(lock.get("holder/0")).isPresent();

    patchStatus(
        "b",
        "{phase: Failed, containerStatuses: [{name: main, image: example, imageID: '', ready: false, restartCount: 0,"
            + " state: {terminated: {exitCode: 137, reason: Error, finishedAt: '%s'}}}]}"
                .formatted(Instant.now().plusSeconds(1).truncatedTo(ChronoUnit.SECONDS)));
    await()
        .atMost(SOON)
        .until(() -> lock.get("holder/0").isEmpty() && lock.get("ledger/0").isEmpty());
  }

  private void patchStatus(String pod, String status) {
    client
        .pods()
        .inNamespace(namespace)
        .withName(pod)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(
                Map.of("status", Serialization.unmarshal("---\n" + status, Map.class))));
  }

  @Test
  void anUninjectedPodIsFound() {
    TestingPods.uninjected(client, namespace, "bare", "billing");
    claim.create();
    claim.awaitCondition("PodsInjected", "False", "UninjectedPodFound");
    claim.awaitCondition("Ready", "False", "UninjectedPodFound");
    claim.awaitEvent("LockClaim", Names.EVENT_UNINJECTED_POD_FOUND, "bare");
    assertThat(claim.pod("bare").getMetadata().getLabels()).doesNotContainKey(Names.LABEL_ROLE);
  }

  private record RoleChanges(List<String> seen) implements Watcher<Pod> {
    @Override
    public void eventReceived(Action action, Pod pod) {
      String now =
          pod.getMetadata().getName() + " " + pod.getMetadata().getLabels().get(Names.LABEL_ROLE);
      if (seen.isEmpty() || !seen.getLast().equals(now)) {
        seen.add(now);
      }
    }

    @Override
    public void onClose(WatcherException cause) {
      seen.add("closed: " + cause.getMessage());
    }
  }
}
