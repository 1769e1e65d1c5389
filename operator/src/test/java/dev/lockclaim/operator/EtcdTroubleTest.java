package dev.lockclaim.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.crds.LockClaimStatus.Condition;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.certificates.TestingAuthority;
import dev.lockclaim.operator.testing.LockClaims;
import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.TestingEtcd;
import dev.lockclaim.operator.testing.TestingLock;
import dev.lockclaim.operator.testing.TestingOperator;
import dev.lockclaim.operator.testing.TestingPods;
import dev.lockclaim.operator.testing.WithCluster;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The operator when etcd is away, too old, closed to it, or not the one that it was. */
@ExtendWith(WithCluster.class)
class EtcdTroubleTest {
  private static final Duration SOON = Duration.ofSeconds(40);

  private TestingCluster cluster;
  private KubernetesClient client;
  private String namespace;

  @BeforeEach
  void newNamespace(TestingCluster given) {
    cluster = given;
    client = given.client();
    namespace = given.newNamespace("trouble");
    LockClaimSpec all = LockClaimSpec.defaults();
    LockClaimSpec shortLease =
        new LockClaimSpec(1, new LockClaimSpec.Lease(5, 0, 0), all.gate(), all.handover(), false);
    client.resource(LockClaims.with(namespace, "billing", shortLease)).create();
  }

  @AfterEach
  void deleteClaim() {
    client.resources(LockClaim.class).inNamespace(namespace).delete();
  }

  @Test
  void anOldEtcdIsRefusedAndNothingIsWrittenToIt() {
    try (TestingEtcd old = TestingEtcd.startTooOld();
        TestingOperator operator =
            TestingOperator.start(cluster, "too-old", Map.of("endpoints", old.url()));
        TestingLock lock = new TestingLock(old.url(), namespace, "billing")) {
      awaitCondition("EtcdReachable", "False", "EtcdTooOld");
      assertThat(condition("EtcdReachable").message()).contains("3.5.12", "upgrade to");
      awaitCondition("Ready", "False", "EtcdTooOld");
      assertThat(lock.get("settings")).isEmpty();
      assertThat(operator.operator().missing()).isEmpty(); // it can still serve the webhook
    }
  }

  @Test
  void wrongEndpointsAreSaidAndMended() {
    try (TestingEtcd etcd = TestingEtcd.start();
        TestingOperator operator =
            TestingOperator.start(cluster, "wrong-endpoints", Map.of("endpoints", "etcd:2379"))) {
      awaitCondition("EtcdReachable", "False", "EtcdMisconfigured");
      operator.writeEtcdFiles(Map.of("endpoints", "http://127.0.0.1:1"));
      awaitCondition("EtcdReachable", "False", "EtcdUnreachable");
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(client.v1().events().inNamespace(namespace).list().getItems())
                      .anyMatch(event -> event.getReason().equals(Names.EVENT_ETCD_UNREACHABLE)));
      operator.writeEtcdFiles(Map.of("endpoints", etcd.url()));
      awaitCondition("EtcdReachable", "True", "Reachable");
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
      awaitCondition("Held", "True", "Held");
      etcd.stop();
      awaitCondition("EtcdReachable", "False", "EtcdUnreachable");
      awaitCondition("Held", "Unknown", "EtcdUnreachable");
      assertThat(status().holders()).hasSize(1);
      assertThat(client.pods().inNamespace(namespace).withName("a").get().getMetadata().getLabels())
          .containsEntry(Names.LABEL_ROLE, "active");
      etcd.resume();
      awaitCondition("Held", "True", "Held");
      assertThat(status().transitions()).isEqualTo(1);
      assertThat(operator.operator().missing()).isEmpty();
    }
  }

  @Test
  void aReplacedEtcdBeginsANewEpochAfterAWait() {
    Pod pod = TestingPods.injected(client, namespace, "a", "billing");
    try (TestingEtcd etcd = TestingEtcd.start();
        TestingOperator operator =
            TestingOperator.start(cluster, "restored", Map.of("endpoints", etcd.url()))) {
      long revision;
      try (TestingLock lock = new TestingLock(etcd.url(), namespace, "billing")) {
        revision = lock.grant(0, 0, "a", pod.getMetadata().getUid(), "queue");
        awaitCondition("Held", "True", "Held");
        await().atMost(SOON).until(() -> lock.get("settings").isPresent());
        await().atMost(SOON).until(() -> status().etcd() != null);
      }
      etcd.replaceByEmptyOne();
      awaitCondition("Ready", "False", "EtcdRestored");
      try (TestingLock lock = new TestingLock(etcd.url(), namespace, "billing")) {
        assertThat(lock.get("settings")).isEmpty();
        lock.join("a", pod.getMetadata().getUid());
        await().atMost(SOON).until(() -> lock.get("settings").isPresent());
        assertThat(lock.get("settings").get()).contains("\"epoch\":1");
        assertThat(lock.view().queue()).isEmpty();
        assertThat(lock.get("ledger/0")).isPresent();
        awaitCondition("Ready", "True", "NoCandidate");
        // Low again is the revision, but not the token.
        long lower = lock.grant(0, 1, "a", pod.getMetadata().getUid(), "queue");
        assertThat(lower).isLessThan(revision + 20);
        awaitCondition("Held", "True", "Held");
        assertThat(status().holders().getFirst().token()).isEqualTo((1L << 44) + lower);
        await()
            .atMost(SOON)
            .until(
                () ->
                    Long.toString((1L << 44) + lower)
                        .equals(
                            client
                                .pods()
                                .inNamespace(namespace)
                                .withName("a")
                                .get()
                                .getMetadata()
                                .getAnnotations()
                                .get(Names.ANNOTATION_TOKEN)));
      }
      assertThat(operator.operator().missing()).isEmpty();
    }
  }

  @Test
  void tlsIsTrustedByTheAuthorityThatWasGiven() {
    TestingAuthority authority = TestingAuthority.create();
    Map<String, String> wrong = Map.of("ca.crt", TestingAuthority.create().authorityPem());
    try (TestingEtcd etcd = TestingEtcd.startWithTls(authority);
        TestingOperator operator =
            TestingOperator.start(cluster, "tls", Map.of("endpoints", etcd.url()))) {
      operator.writeEtcdFiles(wrong);
      awaitCondition("EtcdReachable", "False", "EtcdUntrusted");
      operator.writeEtcdFiles(
          Map.of(
              "ca.crt",
              authority.authorityPem(),
              "client.crt",
              "for pods",
              "client.key",
              "for pods too"));
      awaitCondition("EtcdReachable", "True", "Reachable");
      await()
          .atMost(SOON)
          .until(
              () ->
                  client.secrets().inNamespace(namespace).withName(Names.ETCD_SECRET).get()
                      != null);
      Map<String, String> data =
          client.secrets().inNamespace(namespace).withName(Names.ETCD_SECRET).get().getData();
      assertThat(decode(data.get("ca.crt"))).isEqualTo(authority.authorityPem().strip());
      assertThat(decode(data.get("tls.key"))).isEqualTo("for pods too");
    }
  }

  @Test
  void withAuthenticationEachNamespaceHasAUserOfItsOwn()
      throws ExecutionException, InterruptedException, TimeoutException {
    try (TestingEtcd etcd = TestingEtcd.start()) {
      enableAuth(etcd);
      try (TestingOperator operator =
          TestingOperator.start(
              cluster,
              "auth",
              Map.of("endpoints", etcd.url(), "username", "root", "password", "wrong"))) {
        awaitCondition("EtcdReachable", "False", "EtcdUnauthorized");
        operator.writeEtcdFiles(Map.of("password", "secret"));
        awaitCondition("EtcdReachable", "True", "Reachable");
        await()
            .atMost(SOON)
            .until(
                () ->
                    client.secrets().inNamespace(namespace).withName(Names.ETCD_SECRET).get()
                        != null);
        Map<String, String> data =
            client.secrets().inNamespace(namespace).withName(Names.ETCD_SECRET).get().getData();
        assertThat(decode(data.get("username"))).isEqualTo("lockclaim:/lockclaim/" + namespace);
        Map<String, String> pods = new HashMap<>();
        data.forEach((name, value) -> pods.put(name, decode(value)));
        try (TestingLock own = new TestingLock(pods, namespace, "billing");
            TestingLock others = new TestingLock(pods, "elsewhere", "billing")) {
          await().atMost(SOON).until(() -> own.get("settings").isPresent());
          own.join("a", "u");
          assertThat(catchText(() -> others.get("settings"))).contains("denies access");
          assertThat(catchText(() -> others.join("a", "u"))).contains("denies access");
        }
      }
    }
  }

  private static void enableAuth(TestingEtcd etcd)
      throws ExecutionException, InterruptedException, TimeoutException {
    try (Client root = Client.builder().endpoints(etcd.url()).build()) {
      root.getAuthClient().userAdd(bytes("root"), bytes("secret")).get(5, TimeUnit.SECONDS);
      root.getAuthClient().roleAdd(bytes("root")).get(5, TimeUnit.SECONDS);
      root.getAuthClient().userGrantRole(bytes("root"), bytes("root")).get(5, TimeUnit.SECONDS);
      root.getAuthClient().authEnable().get(5, TimeUnit.SECONDS);
    }
  }

  private static String catchText(Runnable action) {
    try {
      action.run();
      return "nothing was thrown";
    } catch (IllegalStateException e) {
      return e.getMessage();
    }
  }

  private LockClaimStatus status() {
    LockClaimStatus status =
        client
            .resources(LockClaim.class)
            .inNamespace(namespace)
            .withName("billing")
            .get()
            .getStatus();
    return status == null
        ? new LockClaimStatus(null, null, null, null, null, null, List.of())
        : status;
  }

  private Condition condition(String type) {
    return status().conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElseThrow();
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

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static String decode(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
