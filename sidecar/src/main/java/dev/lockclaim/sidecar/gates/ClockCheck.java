package dev.lockclaim.sidecar.gates;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Compares a gate's CLOCK_BOOTTIME with ours. The gate kills main at times that we compute, so two
 * clocks that differ (a time namespace, lxcfs, a sandboxed kernel) would kill it too late.
 */
final class ClockCheck {
  /** Two readings of one clock differ by the resolution of /proc/uptime, 10 ms, and scheduling. */
  static final long TOLERANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private ClockCheck() {}

  /**
   * How far the gate's reading lies outside the time in which it was made; empty when it does not.
   *
   * @param sentNanos our clock before we asked
   * @param gateNanos the gate's clock in its answer
   * @param receivedNanos our clock after the answer
   */
  static OptionalLong difference(long sentNanos, long gateNanos, long receivedNanos) {
    if (gateNanos < sentNanos - TOLERANCE_NANOS) {
      return OptionalLong.of(gateNanos - sentNanos);
    }
    if (gateNanos > receivedNanos + TOLERANCE_NANOS) {
      return OptionalLong.of(gateNanos - receivedNanos);
    }
    return OptionalLong.empty();
  }
}
