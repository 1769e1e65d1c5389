package dev.lockclaim.operator;

import static dev.lockclaim.operator.testing.TestingClaim.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.operator.testing.TestingAuthority;
import dev.lockclaim.operator.testing.TestingClaim;
import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.TestingEtcd;
import dev.lockclaim.operator.testing.TestingLock;
import dev.lockclaim.operator.testing.TestingOperator;
import dev.lockclaim.operator.testing.WithCluster;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the operator and pods show to an etcd that lets not everybody in. */
@ExtendWith(WithCluster.class)
class EtcdAccessTest {
  private TestingCluster cluster;
  private String namespace;
  private TestingClaim claim;

  @BeforeEach
  void newClaim(TestingCluster given) {
    cluster = given;
    namespace = given.newNamespace("access");
    claim = new TestingClaim(given.client(), namespace);
    claim.create();
  }

  @AfterEach
  void deleteClaim() {
    claim.delete();
  }

  @Test
  void certificatesAreCheckedShownAndMayRotate() {
    try (TestingAuthority old = new TestingAuthority();
        TestingAuthority next = new TestingAuthority();
        TestingEtcd etcd = TestingEtcd.startWithMutualTls(old, old);
        TestingOperator operator =
            TestingOperator.start(
                cluster, "mtls", Map.of("endpoints", etcd.url(), "ca.crt", next.certificate()))) {
      claim.awaitCondition("EtcdReachable", "False", "EtcdUntrusted"); // by us
      assertThat(claim.condition("EtcdReachable").message()).contains("check ca.crt");
      operator.writeEtcdFiles(Map.of("ca.crt", old.certificate()));
      await() // by etcd
          .atMost(SOON)
          .until(() -> claim.condition("EtcdReachable").message().contains("certificate_required"));
      TestingAuthority.Pair own = old.client("operator");
      TestingAuthority.Pair pods = old.client("pods");
      operator.writeEtcdFiles(Map.of("tls.crt", own.certificate()));
      claim.awaitCondition("EtcdReachable", "False", "EtcdMisconfigured");
      operator.writeEtcdFiles(
          Map.of("tls.key", own.key(), "client.crt", pods.certificate(), "client.key", pods.key()));
      claim.awaitCondition("EtcdReachable", "True", "Reachable");

      Map<String, String> secret = claim.awaitEtcdSecret();
      assertThat(secret.get("tls.key")).isEqualTo(pods.key().strip());
      try (TestingLock lock = new TestingLock(secret, namespace, "billing")) {
        await().atMost(SOON).until(() -> lock.get("settings").isPresent());
      }

      // Everything anew, as when an authority is replaced: etcd first, then the files.
      etcd.stop();
      etcd.certify(next, Optional.of(next));
      etcd.resume();
      claim.awaitCondition("EtcdReachable", "False", "EtcdUntrusted");
      TestingAuthority.Pair later = next.client("operator");
      operator.writeEtcdFiles(
          Map.of(
              "ca.crt",
              next.certificate(),
              "tls.crt",
              later.certificate(),
              "tls.key",
              later.key()));
      claim.awaitCondition("EtcdReachable", "True", "Reachable");
      await()
          .atMost(SOON)
          .until(() -> claim.awaitEtcdSecret().get("ca.crt").equals(next.certificate().strip()));
    }
  }

  @Test
  void t18L10EachNamespaceHasAUserOfItsOwn() {
    try (TestingEtcd etcd = TestingEtcd.start()) {
      etcd.enableAuth("secret");
      try (TestingOperator operator =
          TestingOperator.start(
              cluster,
              "auth",
              Map.of("endpoints", etcd.url(), "username", "root", "password", "wrong"))) {
        claim.awaitCondition("EtcdReachable", "False", "EtcdUnauthorized");
        assertThat(claim.condition("EtcdReachable").message()).contains("user or password");
        operator.writeEtcdFiles(Map.of("password", "secret"));
        claim.awaitCondition("EtcdReachable", "True", "Reachable");
        Map<String, String> data = claim.awaitEtcdSecret();
        assertThat(data.get("username")).isEqualTo("lockclaim:/lockclaim/" + namespace);
        assertThat(data.get("password")).isNotEqualTo("secret").hasSizeGreaterThan(30);
        try (TestingLock own = new TestingLock(data, namespace, "billing");
            TestingLock others = new TestingLock(data, "elsewhere", "billing");
            TestingLock neighbours = new TestingLock(data, namespace + "-2", "billing")) {
          await().atMost(SOON).until(() -> own.get("settings").isPresent());
          own.join("a", "u");
          own.grant(0, 0, "a", "u", "queue");
          for (TestingLock foreign : new TestingLock[] {others, neighbours}) {
            assertThatThrownBy(() -> foreign.get("settings")).hasMessageContaining("denies access");
            assertThatThrownBy(() -> foreign.join("a", "u")).hasMessageContaining("denies access");
          }
        }
      }
    }
  }

  @Test
  void aUserWhoMayNotMakeUsersIsSaidToDoTooLittle() {
    try (TestingEtcd etcd = TestingEtcd.start()) {
      etcd.enableAuth("secret");
      etcd.addUser("secret", "little", "pass");
      try (TestingOperator operator =
          TestingOperator.start(
              cluster,
              "little",
              Map.of("endpoints", etcd.url(), "username", "little", "password", "pass"))) {
        claim.awaitCondition("EtcdReachable", "False", "EtcdUnauthorized");
        assertThat(claim.condition("EtcdReachable").message()).contains("give it the role root");
        await().atMost(SOON).until(() -> operator.operator().missing().isEmpty());
      }
    }
  }
}
