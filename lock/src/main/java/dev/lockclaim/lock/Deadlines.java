package dev.lockclaim.lock;

/**
 * When main must end unless the lease is renewed again; absolute nanoseconds of CLOCK_BOOTTIME.
 *
 * @param termNanos SIGTERM
 * @param killNanos SIGKILL
 * @param goneNanos no process of main exists any more; etcd may give the lock away from then on
 */
public record Deadlines(long termNanos, long killNanos, long goneNanos) {}
