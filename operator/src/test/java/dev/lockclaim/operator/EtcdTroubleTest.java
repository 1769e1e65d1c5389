package dev.lockclaim.operator;

import static dev.lockclaim.operator.testing.TestingClaim.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.testing.TestingClaim;
import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.TestingEtcd;
import dev.lockclaim.operator.testing.TestingLock;
import dev.lockclaim.operator.testing.TestingOperator;
import dev.lockclaim.operator.testing.TestingPods;
import dev.lockclaim.operator.testing.WithCluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The operator when etcd is away, too old, or not the one that it was. */
@ExtendWith(WithCluster.class)
class EtcdTroubleTest {
  private TestingCluster cluster;
  private KubernetesClient client;
  private String namespace;
  private TestingClaim claim;

  @BeforeEach
  void newClaim(TestingCluster given) {
    cluster = given;
    client = given.client();
    namespace = given.newNamespace("trouble");
    claim = new TestingClaim(client, namespace);
    LockClaimSpec all = LockClaimSpec.defaults();
    claim.create(
        new LockClaimSpec(1, new LockClaimSpec.Lease(5, 0, 0), all.gate(), all.handover(), false));
  }

  @AfterEach
  void deleteClaim() {
    claim.delete();
  }

  @Test
  void t12AnOldEtcdIsRefusedAndNothingIsWrittenToIt() {
    try (TestingEtcd old = TestingEtcd.startTooOld();
        TestingOperator operator =
            TestingOperator.start(cluster, "too-old", Map.of("endpoints", old.url()));
        TestingLock lock = new TestingLock(old.url(), namespace, "billing")) {
      claim.awaitCondition("EtcdReachable", "False", "EtcdTooOld");
      assertThat(claim.condition("EtcdReachable").message()).contains("3.5.12", "upgrade to");
      claim.awaitCondition("Ready", "False", "EtcdTooOld");
      assertThat(lock.get("settings")).isEmpty();
      // It can still serve the webhook.
      await().atMost(SOON).until(() -> operator.operator().missing().isEmpty());
    }
  }

  @Test
  void wrongEndpointsAreSaidAndMended() {
    try (TestingEtcd etcd = TestingEtcd.start();
        TestingOperator operator =
            TestingOperator.start(cluster, "wrong-endpoints", Map.of("endpoints", "etcd:2379"))) {
      claim.awaitCondition("EtcdReachable", "False", "EtcdMisconfigured");
      operator.writeEtcdFiles(Map.of("endpoints", "http://127.0.0.1:1"));
      claim.awaitCondition("EtcdReachable", "False", "EtcdUnreachable");
      claim.awaitEvent("LockClaim", Names.EVENT_ETCD_UNREACHABLE, "127.0.0.1:1");
      operator.writeEtcdFiles(Map.of("endpoints", etcd.url()));
      claim.awaitCondition("EtcdReachable", "True", "Reachable");
    }
  }

  @Test
  void whileEtcdIsAwayTheLastWordStands() {
    Pod pod = TestingPods.injected(client, namespace, "a", "billing");
    try (TestingEtcd etcd = TestingEtcd.start();
        TestingOperator operator =
            TestingOperator.start(cluster, "outage", Map.of("endpoints", etcd.url()));
        TestingLock lock = new TestingLock(etcd.url(), namespace, "billing")) {
      lock.grant(0, 0, "a", pod.getMetadata().getUid(), "queue");
      claim.awaitCondition("Held", "True", "Held");
      etcd.stop();
      claim.awaitCondition("EtcdReachable", "False", "EtcdUnreachable");
      claim.awaitCondition("Held", "Unknown", "EtcdUnreachable");
      assertThat(claim.status().holders()).hasSize(1);
      assertThat(claim.pod("a").getMetadata().getLabels())
          .containsEntry(Names.LABEL_ROLE, "active");
      etcd.resume();
      claim.awaitCondition("Held", "True", "Held");
      assertThat(claim.status().transitions()).isEqualTo(1);
      await().atMost(SOON).until(() -> operator.operator().missing().isEmpty());
    }
  }

  @Test
  void c7H6T17AReplacedEtcdBeginsANewEpochAfterAWait() {
    Pod pod = TestingPods.injected(client, namespace, "a", "billing");
    try (TestingEtcd etcd = TestingEtcd.start();
        TestingOperator operator =
            TestingOperator.start(cluster, "restored", Map.of("endpoints", etcd.url()))) {
      long revision;
      try (TestingLock lock = new TestingLock(etcd.url(), namespace, "billing")) {
        revision = lock.grant(0, 0, "a", pod.getMetadata().getUid(), "queue");
        claim.awaitCondition("Held", "True", "Held");
        await().atMost(SOON).until(() -> lock.get("settings").isPresent());
        await().atMost(SOON).until(() -> claim.status().etcd() != null);
      }
      etcd.replaceByEmptyOne();
      claim.awaitCondition("Ready", "False", "EtcdRestored");
      try (TestingLock lock = new TestingLock(etcd.url(), namespace, "billing")) {
        assertThat(lock.get("settings")).isEmpty();
        lock.join("a", pod.getMetadata().getUid());
        // What the backup knows of a slot that the claim does not have, or no longer.
        lock.grant(3, 0, "a", pod.getMetadata().getUid(), "queue");
        await().atMost(SOON).until(() -> lock.get("settings").isPresent());
        assertThat(lock.get("settings").get()).contains("\"epoch\":1");
        assertThat(lock.view().queue()).isEmpty();
        assertThat(lock.get("ledger/0")).isPresent();
        assertThat(lock.get("holder/3")).isEmpty();
        assertThat(lock.get("ledger/3")).isEqualTo(lock.get("ledger/0"));
        claim.awaitCondition("Ready", "True", "NoCandidate");
        // Low again is the revision, but not the token.
        long lower = lock.grant(0, 1, "a", pod.getMetadata().getUid(), "queue");
        assertThat(lower).isLessThan(revision + 20);
        claim.awaitCondition("Held", "True", "Held");
        assertThat(claim.status().holders().getFirst().token()).isEqualTo((1L << 44) + lower);
        claim.awaitRole("a", Names.ROLE_ACTIVE, (1L << 44) + lower);
      }
      await().atMost(SOON).until(() -> operator.operator().missing().isEmpty());
    }
  }
}
