package dev.lockclaim.lock.etcd;

import java.time.Duration;

/** A request that is on its way. To be awaited once. */
public interface Pending<T> {
  /** Waits for the answer, for the deadline at most. */
  T await(Duration deadline) throws EtcdFailure, InterruptedException;
}
