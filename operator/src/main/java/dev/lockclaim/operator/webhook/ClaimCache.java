package dev.lockclaim.operator.webhook;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.operator.observe.LockId;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All LockClaims, kept up to date by a watch, so that a pod's admission never waits for the API
 * server. Safe for use by many threads.
 */
public final class ClaimCache implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimCache.class);

  private final KubernetesClient client;
  private final SharedIndexInformer<LockClaim> informer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<LockId> deleted = ConcurrentHashMap.newKeySet();
  private volatile Runnable onDelete = () -> {};

  /** Starts to watch and returns at once; see {@link #ready}. */
  public ClaimCache(KubernetesClient client) {
    this.client = client;
    informer = client.resources(LockClaim.class).inAnyNamespace().runnableInformer(0);
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(LockClaim claim) {
            deleted.remove(LockId.of(claim));
            signal();
          }

          @Override
          public void onUpdate(LockClaim before, LockClaim claim) {
            signal();
          }

          @Override
          public void onDelete(LockClaim claim, boolean finalStateUnknown) {
            deleted.add(LockId.of(claim));
            onDelete.run();
            signal();
          }
        });
    informer.exceptionHandler(
        (_, failure) -> {
          LOG.warn("LockClaims cannot be watched, trying again: {}", failure.getMessage());
          return true;
        });
    var _ = informer.start(); // tries for ever; readiness says when it has succeeded
  }

  /** Has this called, soon, after each deletion. */
  public void onDelete(Runnable callback) {
    onDelete = callback;
  }

  /** The claims that were seen to be deleted, were not made anew, and are not forgotten yet. */
  public Set<LockId> deleted() {
    return Set.copyOf(deleted);
  }

  /** Whether the cache knows a claim of this name. */
  public boolean knows(LockId claim) {
    return informer.getStore().getByKey(claim.toString()) != null;
  }

  /** Whether there is a claim of this name, by the API server's own word. */
  public boolean exists(LockId claim) {
    return client
            .resources(LockClaim.class)
            .inNamespace(claim.namespace())
            .withName(claim.name())
            .get()
        != null;
  }

  /** Nothing is left to be done about this deleted claim. */
  public void forget(LockId claim) {
    deleted.remove(claim);
  }

  /** Whether the cache has been filled. */
  public boolean ready() {
    return informer.hasSynced() && informer.isRunning();
  }

  /**
   * The claim of this name; waits for it a moment if it is not there yet, since one {@code kubectl
   * apply} often brings claim and workload together.
   */
  public Optional<LockClaim> find(String namespace, String name, Duration patience)
      throws InterruptedException {
    String key = new LockId(namespace, name).toString();
    long nanos = patience.toNanos();
    lock.lock();
    try {
      LockClaim claim = informer.getStore().getByKey(key);
      while (claim == null && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
        claim = informer.getStore().getByKey(key);
      }
      return Optional.ofNullable(claim);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    informer.stop();
  }

  private void signal() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
