package dev.lockclaim.operator;

import dev.lockclaim.operator.testing.TestingClaim;
import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.TestingEtcd;
import dev.lockclaim.operator.testing.TestingLock;
import dev.lockclaim.operator.testing.TestingOperator;
import dev.lockclaim.operator.testing.WithCluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * An operator on a real API server and a real etcd for all tests of a class, with the test in the
 * place of sidecars, controllers and kubelets; a namespace for each test.
 */
@ExtendWith(WithCluster.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WithOperator {
  TestingEtcd etcd;
  TestingOperator operator;
  KubernetesClient client;
  String namespace;
  TestingLock lock;
  TestingClaim claim;

  @BeforeAll
  void start(TestingCluster cluster) {
    etcd = TestingEtcd.start();
    client = cluster.client();
    String release = getClass().getSimpleName().toLowerCase(Locale.ROOT);
    operator = TestingOperator.start(cluster, release, Map.of("endpoints", etcd.url()));
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
    claim = new TestingClaim(client, namespace);
  }

  @AfterEach
  void deleteClaim() {
    claim.delete();
    lock.close();
  }

  static String uid(Pod pod) {
    return pod.getMetadata().getUid();
  }
}
