package dev.lockclaim.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.crds.LockClaimStatus.Condition;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.testing.LockClaims;
import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.TestingEtcd;
import dev.lockclaim.operator.testing.TestingLock;
import dev.lockclaim.operator.testing.TestingOperator;
import dev.lockclaim.operator.testing.TestingPods;
import dev.lockclaim.operator.testing.WithCluster;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The reconciler on a real API server and a real etcd, with the test in the place of sidecars,
 * controllers and kubelets.
 */
@ExtendWith(WithCluster.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OperatorTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private TestingEtcd etcd;
  private TestingOperator operator;
  private KubernetesClient client;
  private String namespace;
  private TestingLock lock;

  @BeforeAll
  void start(TestingCluster cluster) {
    etcd = TestingEtcd.start();
    client = cluster.client();
    operator = TestingOperator.start(cluster, "operatortest", Map.of("endpoints", etcd.url()));
  }

  @AfterAll
  void stop() {
    operator.close();
    etcd.close();
  }

  @BeforeEach
  void newNamespace(TestingCluster cluster) {
    namespace = cluster.newNamespace("reconcile");
    lock = new TestingLock(etcd.url(), namespace, "billing");
  }

  @AfterEach
  void deleteClaims() {
    client.resources(LockClaim.class).inNamespace(namespace).delete();
    lock.close();
  }

  @Test
  void aNewClaimHasSettingsConditionsTimesAndASecret() {
    client.resource(LockClaims.named(namespace, "billing")).create();
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    assertThat(lock.get("settings").get())
        .startsWith(
            "{\"v\":1,\"slots\":1,\"delaySeconds\":0,\"prefer\":\"NewestRevision\",\"newestRevision\":\"\",\"suspend\":false,\"epoch\":0,\"clusterId\":\"")
        .hasSize(
            "{\"v\":1,\"slots\":1,\"delaySeconds\":0,\"prefer\":\"NewestRevision\",\"newestRevision\":\"\",\"suspend\":false,\"epoch\":0,\"clusterId\":\""
                    .length()
                + 18);
    awaitCondition("Ready", "True", "NoCandidate");
    awaitCondition("Held", "False", "NoCandidate");
    awaitCondition("EtcdReachable", "True", "Reachable");
    awaitCondition("PodsInjected", "True", "NoPods");
    assertThat(status().observedGeneration()).isEqualTo(1);
    assertThat(status().timing())
        .isEqualTo(new LockClaimStatus.Timing(2000, 150, 500, 3, 6350, 9350, 9850, 3850));
    Secret secret = client.secrets().inNamespace(namespace).withName(Names.ETCD_SECRET).get();
    assertThat(secret.getData()).containsOnlyKeys("endpoints", "prefix");
  }

  @Test
  void theRoleLabelFollowsTheLockOldPodFirst() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    Pod b = TestingPods.injected(client, namespace, "b", "billing");
    client.resource(LockClaims.named(namespace, "billing")).create();
    lock.join("a", uid(a));
    lock.join("b", uid(b));
    awaitCondition("Held", "False", "Waiting");
    assertThat(status().candidates()).isEqualTo(2);

    List<String> order = new CopyOnWriteArrayList<>();
    try (var watch = client.pods().inNamespace(namespace).watch(new RoleChanges(order))) {
      long first = lock.grant(0, 0, "a", uid(a), "queue");
      awaitRole("a", Names.ROLE_ACTIVE, first);
      assertThat(pod("a").getMetadata().getAnnotations())
          .containsEntry("controller.kubernetes.io/pod-deletion-cost", "1000");
      awaitCondition("Held", "True", "Held");
      awaitEvent(
          "LockClaim",
          Names.EVENT_LOCK_ACQUIRED,
          "Pod a was granted the lock (slot 0, token " + first + ").");
      awaitEvent(
          "Pod",
          Names.EVENT_LOCK_ACQUIRED,
          "Pod a was granted the lock (slot 0, token " + first + ").");
      assertThat(status().holders())
          .extracting(LockClaimStatus.Holder::podUID)
          .containsExactly(uid(a));

      long second = lock.grant(0, 0, "b", uid(b), "handover");
      awaitRole("b", Names.ROLE_ACTIVE, second);
      awaitRole("a", Names.ROLE_STANDBY, second);
      assertThat(pod("a").getMetadata().getAnnotations())
          .doesNotContainKey("controller.kubernetes.io/pod-deletion-cost");
      awaitEvent(
          "LockClaim",
          Names.EVENT_LOCK_RELEASED,
          "Pod a handed the lock over (slot 0, token " + first + ").");
      await().atMost(SOON).until(() -> status().transitions() == 2);
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> assertThat(order).containsSubsequence("a active", "a standby", "b active"));
      assertThat(watch).isNotNull();
    }

    lock.lose(0);
    awaitRole("b", Names.ROLE_STANDBY, null);
    awaitEvent("Pod", Names.EVENT_LOCK_LOST, "Pod b lost the lock");
    awaitEvent("LockClaim", Names.EVENT_NO_CANDIDATE, "No pod holds the lock");
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
    client.resource(LockClaims.named(namespace, "billing")).create();
    long token = lock.grant(0, 0, "a", uid(a), "queue");
    lock.join("b", uid(b));
    await().atMost(SOON).until(() -> status().candidates() != null && status().candidates() == 2);
    assertThat(token).isLessThan(99999999);
    assertThat(pod("a").getMetadata().getLabels())
        .containsEntry(Names.LABEL_ROLE, Names.ROLE_STANDBY);
  }

  @Test
  void aChangedClaimChangesTheSettingsAndNothingElseDoes() {
    client.resource(LockClaims.named(namespace, "billing")).create();
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    LockClaimSpec all = LockClaimSpec.defaults();
    LockClaimSpec changed =
        new LockClaimSpec(
            3,
            new LockClaimSpec.Lease(20, 4, 7),
            all.gate(),
            new LockClaimSpec.Handover(LockClaimSpec.Prefer.FirstInLine),
            true);
    client
        .resources(LockClaim.class)
        .inNamespace(namespace)
        .withName("billing")
        .edit(claim -> withSpec(claim, changed));
    await()
        .atMost(SOON)
        .until(
            () ->
                lock.get("settings")
                    .get()
                    .contains("\"slots\":3,\"delaySeconds\":7,\"prefer\":\"FirstInLine\""));
    assertThat(lock.get("settings").get()).contains("\"suspend\":true");
    awaitCondition("Held", "False", "Suspended");
    await().atMost(SOON).until(() -> status().observedGeneration() == 2);
    String settled = claim().getMetadata().getResourceVersion();
    // A pod's event makes the operator look; as nothing is different it writes nothing.
    Pod pod = TestingPods.injected(client, namespace, "x", "billing");
    awaitCondition("PodsInjected", "True", "AllInjected");
    String afterPod = claim().getMetadata().getResourceVersion();
    assertThat(afterPod).isNotEqualTo(settled);
    client
        .resource(pod)
        .edit(
            there ->
                new PodBuilder(there)
                    .editMetadata()
                    .addToAnnotations("seen", "1")
                    .endMetadata()
                    .build());
    lock.join("x", uid(pod));
    await().atMost(SOON).until(() -> status().candidates() == 1);
    assertThat(
            client
                .resources(LockClaim.class)
                .inNamespace(namespace)
                .withName("billing")
                .get()
                .getMetadata()
                .getManagedFields())
        .filteredOn(fields -> "status".equals(fields.getSubresource()))
        .singleElement()
        .satisfies(fields -> assertThat(fields.getManager()).isEqualTo("lockclaim-operator"));
  }

  @Test
  void aHandoverIsAskedForByAnnotation() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    Pod b = TestingPods.injected(client, namespace, "b", "billing");
    client.resource(LockClaims.named(namespace, "billing")).create();
    long first = lock.grant(0, 0, "a", uid(a), "queue");
    lock.join("b", uid(b));
    await().atMost(SOON).until(() -> status().candidates() != null && status().candidates() == 2);
    annotate("b");
    await().atMost(SOON).until(() -> lock.get("request").isPresent());
    assertThat(lock.get("request").get()).contains("\"to\":\"b\"").contains("-" + first + "\"");
    awaitEvent("LockClaim", Names.EVENT_HANDOVER_STARTED, "hand the lock over to pod b");
    lock.grant(0, 0, "b", uid(b), "handover");
    await()
        .atMost(SOON)
        .until(
            () ->
                !claim().getMetadata().getAnnotations().containsKey(Names.ANNOTATION_HANDOVER_TO));
    await().atMost(SOON).until(() -> lock.get("request").isEmpty());
    awaitEvent("LockClaim", Names.EVENT_HANDOVER_COMPLETED, "Pod b holds the lock");

    annotate("nobody");
    awaitEvent("LockClaim", Names.EVENT_NO_CANDIDATE, "Pod nobody is not in line");
    await()
        .atMost(SOON)
        .until(
            () ->
                !claim().getMetadata().getAnnotations().containsKey(Names.ANNOTATION_HANDOVER_TO));
  }

  @Test
  void onlyAPodThatItsKubeletReportsEndedIsFreed() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    client.resource(LockClaims.named(namespace, "billing")).create();
    lock.grant(0, 0, "a", uid(a), "queue");
    awaitCondition("Held", "True", "Held");
    client
        .resource(a)
        .withGracePeriod(0)
        .delete(); // the object is gone: that says nothing about main
    Pod b = TestingPods.injected(client, namespace, "b", "billing");
    lock.join("b", uid(b));
    await().atMost(SOON).until(() -> status().candidates() == 2);
    assertThat(lock.get("holder/0")).isPresent();

    lock.grant(0, 0, "b", uid(b), "queue");
    client
        .pods()
        .inNamespace(namespace)
        .withName("b")
        .subresource("status")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"phase\":\"Failed\"}}");
    await()
        .atMost(SOON)
        .until(() -> lock.get("holder/0").isEmpty() && lock.get("ledger/0").isEmpty());
  }

  @Test
  void anUninjectedPodIsFound() {
    TestingPods.uninjected(client, namespace, "bare", "billing");
    client.resource(LockClaims.named(namespace, "billing")).create();
    awaitCondition("PodsInjected", "False", "UninjectedPodFound");
    awaitCondition("Ready", "False", "UninjectedPodFound");
    awaitEvent("LockClaim", Names.EVENT_UNINJECTED_POD_FOUND, "bare");
    assertThat(pod("bare").getMetadata().getLabels()).doesNotContainKey(Names.LABEL_ROLE);
  }

  @Test
  void aDeletedClaimGrantsNobodyAndLeavesTheHolder() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    client.resource(LockClaims.named(namespace, "billing")).create();
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    lock.grant(0, 0, "a", uid(a), "queue");
    awaitCondition("Held", "True", "Held");
    client.resources(LockClaim.class).inNamespace(namespace).withName("billing").delete();
    await().atMost(SOON).until(() -> lock.get("settings").isEmpty());
    assertThat(lock.get("holder/0")).isPresent();
  }

  @Test
  void bothReplicasAreReadyAndTheOtherOneTakesOver(TestingCluster cluster) {
    Map<String, String> etcdFiles = Map.of("endpoints", etcd.url());
    try (TestingOperator first = TestingOperator.start(cluster, "two-replicas", etcdFiles)) {
      await().atMost(SOON).until(() -> first.metrics().contains("lockclaim_operator_leader 1.0"));
      try (TestingOperator second = first.another(cluster, etcdFiles)) {
        await()
            .atMost(SOON)
            .until(
                () ->
                    first.operator().missing().isEmpty() && second.operator().missing().isEmpty());
        assertThat(second.metrics())
            .contains(
                "lockclaim_operator_leader 0.0", "lockclaim_build_info{part=\"operator\",version=");
        first.operator().close();
        // Sooner than its Lease runs out: it was given back.
        await()
            .atMost(Duration.ofSeconds(10))
            .until(() -> second.metrics().contains("lockclaim_operator_leader 1.0"));
      }
    }
  }

  private void annotate(String to) {
    client
        .resources(LockClaim.class)
        .inNamespace(namespace)
        .withName("billing")
        .edit(
            claim -> {
              claim.getMetadata().setAnnotations(Map.of(Names.ANNOTATION_HANDOVER_TO, to));
              return claim;
            });
  }

  private static LockClaim withSpec(LockClaim claim, LockClaimSpec spec) {
    claim.setSpec(spec);
    return claim;
  }

  private LockClaim claim() {
    LockClaim claim =
        client.resources(LockClaim.class).inNamespace(namespace).withName("billing").get();
    if (claim.getMetadata().getAnnotations() == null) {
      claim.getMetadata().setAnnotations(Map.of());
    }
    return claim;
  }

  private LockClaimStatus status() {
    LockClaimStatus status = claim().getStatus();
    return status == null
        ? new LockClaimStatus(null, null, null, null, null, null, List.of())
        : status;
  }

  private void awaitCondition(String type, String status, String reason) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(status().conditions())
                    .filteredOn(condition -> condition.type().equals(type))
                    .singleElement()
                    .extracting(Condition::status, Condition::reason)
                    .containsExactly(status, reason));
  }

  private void awaitRole(String name, String role, Long token) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(pod(name).getMetadata().getLabels()).containsEntry(Names.LABEL_ROLE, role);
              if (token != null) {
                assertThat(pod(name).getMetadata().getAnnotations())
                    .containsEntry(Names.ANNOTATION_TOKEN, token.toString());
              }
            });
  }

  private void awaitEvent(String kind, String reason, String message) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(client.v1().events().inNamespace(namespace).list().getItems())
                    .filteredOn(
                        event ->
                            event.getInvolvedObject().getKind().equals(kind)
                                && event.getReason().equals(reason))
                    .extracting(Event::getMessage)
                    .anyMatch(text -> text.contains(message)));
  }

  private Pod pod(String name) {
    return client.pods().inNamespace(namespace).withName(name).get();
  }

  private static String uid(Pod pod) {
    return pod.getMetadata().getUid();
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
