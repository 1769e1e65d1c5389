package dev.lockclaim.lock.etcd;

import java.time.Duration;

/**
 * When a member that has failed is connected to again. At once at first; but a connection costs
 * milliseconds of CPU, more with TLS, and a sidecar that makes fifteen in a second for hours takes
 * a share of its node that others need, all the more as all sidecars of a node do.
 *
 * <p>So a twentieth of the outage lies between two connections, and no more than that: {@link
 * dev.lockclaim.lock.Timing#retryMillis} is a twentieth of the TTL at least, and an outage that is
 * ridden out is shorter than the TTL. What the sum of an outage sets aside for a try that the
 * outage has swallowed is therefore never exceeded by a pause.
 */
final class Pacing {
  /** Who waits for etcd for long does not mind this. */
  static final long LONGEST_NANOS = Duration.ofSeconds(1).toNanos();

  /**
   * After this an outage is another one. Who is tried less often than that needs no pause, and the
   * pause of an outage that seems longer than it is by this is not longer than the shortest try.
   */
  static final long FORGOTTEN_NANOS = 2 * LONGEST_NANOS;

  private static final int SHARE = 20;

  private Pacing() {}

  /**
   * From the last connection to the next.
   *
   * @param failingNanos for how long the member had failed when that was made
   */
  static long pauseNanos(long failingNanos) {
    return Math.min(LONGEST_NANOS, failingNanos / SHARE);
  }
}
