package dev.lockclaim.operator.webhook;

import dev.lockclaim.crds.LockClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * All LockClaims, kept up to date by a watch, so that a pod's admission never waits for the API
 * server. Safe for use by many threads.
 */
public final class ClaimCache implements AutoCloseable {
  private final SharedIndexInformer<LockClaim> informer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Starts to watch and returns at once; see {@link #ready}. */
  public ClaimCache(KubernetesClient client) {
    informer = client.resources(LockClaim.class).inAnyNamespace().runnableInformer(0);
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(LockClaim claim) {
            signal();
          }

          @Override
          public void onUpdate(LockClaim before, LockClaim claim) {
            signal();
          }

          @Override
          public void onDelete(LockClaim claim, boolean finalStateUnknown) {
            signal();
          }
        });
    informer
        .start()
        .exceptionally(
            stopped -> {
              throw new IllegalStateException(
                  "LockClaims cannot be watched: " + stopped.getMessage(), stopped);
            });
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
    String key = namespace + "/" + name;
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

  /** Waits until the cache has been filled; false if that took longer than the limit. */
  public boolean awaitReady(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!ready() && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(20); // the informer has no signal for it
    }
    return ready();
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
