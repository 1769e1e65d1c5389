package dev.lockclaim.lock.etcd;

import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;

/** The calls that a session begins with. Each blocks for its deadline at most. */
public interface EtcdCalls {
  /** The version of the member that is asked now. */
  String version(Duration deadline) throws EtcdFailure, InterruptedException;

  /** All keys, linearizable. */
  Snapshot read(Duration deadline) throws EtcdFailure, InterruptedException;

  /** One transaction. */
  Outcome step(Step step, Duration deadline) throws EtcdFailure, InterruptedException;

  /** A new lease. */
  Granted grant(long ttlSeconds, Duration deadline) throws EtcdFailure, InterruptedException;

  /** One renewal. */
  Renewed renew(long lease, Duration deadline) throws EtcdFailure, InterruptedException;
}
