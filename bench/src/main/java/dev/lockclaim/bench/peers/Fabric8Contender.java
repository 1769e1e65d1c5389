package dev.lockclaim.bench.peers;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** fabric8's leader election on a Lease, set to give the lease back when it is cancelled. */
final class Fabric8Contender implements Contender {
  private final KubernetesClient client;
  private final String lock;
  private final String identity;
  private final Duration lease;
  private CompletableFuture<?> election;
  private CompletableFuture<Void> over;

  Fabric8Contender(Options options, int index) {
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(options.kubeconfig.toFile()))
            .build();
    lock = "fabric8-" + options.lockOf(index);
    identity = ProcessHandle.current().pid() + "-" + index;
    lease = Duration.ofSeconds(options.ttlSeconds);
  }

  @Override
  public long join(Runnable lost) throws Exception {
    CompletableFuture<Long> leads = new CompletableFuture<>();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    // The same proportions as client-go's, for a fair comparison.
    election =
        client
            .leaderElector()
            .withConfig(
                new LeaderElectionConfigBuilder()
                    .withName(lock)
                    .withLock(new LeaseLock("default", lock, identity))
                    .withLeaseDuration(lease)
                    .withRenewDeadline(lease.multipliedBy(3).dividedBy(5))
                    .withRetryPeriod(lease.dividedBy(5))
                    .withReleaseOnCancel(true)
                    .withLeaderCallbacks(
                        new LeaderCallbacks(
                            () -> leads.complete(System.nanoTime()),
                            () -> {
                              ended.complete(null);
                              lost.run();
                            },
                            identityOfLeader -> {}))
                    .build())
            .build()
            .start();
    over = ended;
    return leads.get();
  }

  @Override
  public void release() throws Exception {
    election.cancel(true);
    over.get();
  }
}
