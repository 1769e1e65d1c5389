package dev.lockclaim.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.operator.testing.LockClaims;
import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.TestingEtcd;
import dev.lockclaim.operator.testing.TestingLock;
import dev.lockclaim.operator.testing.TestingOperator;
import dev.lockclaim.operator.testing.WithCluster;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an operator finds in etcd of claims that were deleted while none ran. */
@ExtendWith(WithCluster.class)
class SweeperTest {
  private static final Duration SOON = Duration.ofSeconds(40);

  @Test
  void claimsThatAreGoneGrantNobodyAndTheirHoldersHoldOn(TestingCluster cluster) {
    String namespace = cluster.newNamespace("swept");
    var claims = cluster.client().resources(LockClaim.class).inNamespace(namespace);
    try (TestingEtcd etcd = TestingEtcd.start();
        TestingLock gone = new TestingLock(etcd.url(), namespace, "gone");
        TestingLock kept = new TestingLock(etcd.url(), namespace, "kept");
        TestingLock run = new TestingLock(etcd.url(), namespace, "run")) {
      Map<String, String> files = Map.of("endpoints", etcd.url());
      cluster.client().resource(LockClaims.named(namespace, "gone")).create();
      cluster.client().resource(LockClaims.named(namespace, "kept")).create();
      try (TestingOperator first = TestingOperator.start(cluster, "before", files)) {
        await()
            .atMost(SOON)
            .until(() -> gone.get("settings").isPresent() && kept.get("settings").isPresent());
        await().atMost(SOON).until(() -> first.operator().missing().isEmpty());
      }
      gone.grant(0, 0, "a", "uid-a", Holder.VIA_QUEUE);
      gone.join("b", "uid-b");
      gone.put("request", LockCodec.request("b", "1"));
      run.put("settings", LockCodec.settings(Settings.defaults(1, 0xaa)));
      claims.withName("gone").delete();

      try (TestingOperator second = TestingOperator.start(cluster, "after", files)) {
        await()
            .atMost(SOON)
            .until(() -> gone.get("settings").isEmpty() && gone.get("request").isEmpty());
        assertThat(gone.get("holder/0")).isPresent();
        assertThat(gone.get("ledger/0")).isPresent();
        assertThat(gone.view().queue()).hasSize(1);
        assertThat(kept.get("settings")).isPresent();
        assertThat(run.get("settings")).isPresent();
        await().atMost(SOON).until(() -> second.operator().missing().isEmpty());
      }
    }
    claims.delete();
  }
}
