package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;

/**
 * The times that follow from a claim's lease: the numbers that its pods live by, for its status.
 */
public final class Timings {
  // Clocks of nodes and of etcd may run at rates that differ by a hundredth.
  private static final long MARGIN_MILLIS = 50;
  private static final long MARGIN_PER_SECOND_MILLIS = 10;
  // Two scheduling periods of a throttled container, and the kernel's reaping.
  private static final long KILL_MILLIS = 500;
  private static final long SHORTEST_RETRY_MILLIS = 200;

  private Timings() {}

  /** Works them out; the arithmetic of the CEL rule on spec.lease. */
  public static LockClaimStatus.Timing of(LockClaimSpec.Lease lease) {
    long ttl = lease.durationSeconds() * 1000L;
    long grace = lease.effectiveStopGraceSeconds() * 1000L;
    long margin = MARGIN_MILLIS + MARGIN_PER_SECOND_MILLIS * lease.durationSeconds();
    long renew = ttl / 5;
    long retry = Math.max(SHORTEST_RETRY_MILLIS, renew / 4);
    long gone = ttl - margin;
    return new LockClaimStatus.Timing(
        renew,
        margin,
        KILL_MILLIS,
        lease.effectiveStopGraceSeconds(),
        gone - KILL_MILLIS - grace,
        gone - KILL_MILLIS,
        gone,
        gone - KILL_MILLIS - grace - renew - retry);
  }
}
