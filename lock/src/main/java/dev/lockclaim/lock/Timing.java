package dev.lockclaim.lock;

/**
 * The worked-out times of a lease, in milliseconds.
 *
 * <p>{@code gone = last good renewal's send + TTL - margin}, {@code KILL = gone - kill}, {@code
 * TERM = KILL - grace}. The server counts the TTL from when it handled the renewal, never before it
 * was sent; so by the time the lock can pass on, main is gone.
 */
public record Timing(long ttlMillis, long graceMillis) {
  /** Scheduling, CPU quota (periods of 100 ms) and reaping between SIGKILL and the last process. */
  public static final long KILL_MILLIS = 500;

  /** Readings of the clock are 10 ms coarse, answers of the gate another 50 ms. */
  private static final long MARGIN_BASE_MILLIS = 50;

  /** Two clocks that are slewed by ntpd differ by far less than 1 %. */
  private static final long MARGIN_PERCENT = 1;

  private static final long LEAST_OUTAGE_MILLIS = 2000;

  /** For a lease that etcd granted with {@code ttlSeconds}. */
  public static Timing ofSeconds(long ttlSeconds, long graceSeconds) {
    return new Timing(ttlSeconds * 1000, graceSeconds * 1000);
  }

  /** The grace of claims that name none. */
  public static int defaultGraceSeconds(int ttlSeconds) {
    if (ttlSeconds >= 10) {
      return 3;
    }
    return ttlSeconds >= 7 ? 2 : 1;
  }

  /** Clock rates and coarse readings. */
  public long marginMillis() {
    return MARGIN_BASE_MILLIS + ttlMillis * MARGIN_PERCENT / 100;
  }

  /** From one renewal to the next. */
  public long renewMillis() {
    return ttlMillis / 5;
  }

  /** How long one member is waited for before another is asked. */
  public long retryMillis() {
    return Math.max(200, renewMillis() / 4);
  }

  /** From the last good renewal's send to SIGTERM. */
  public long termMillis() {
    return killMillis() - graceMillis;
  }

  /** From the last good renewal's send to SIGKILL. */
  public long killMillis() {
    return goneMillis() - KILL_MILLIS;
  }

  /** From the last good renewal's send until no process of main is left. */
  public long goneMillis() {
    return ttlMillis - marginMillis();
  }

  /** The longest outage of etcd that stops nothing. */
  public long outageMillis() {
    return termMillis() - renewMillis() - retryMillis();
  }

  /** Whether an election of etcd (one to two seconds) can be ridden out. */
  public boolean fits() {
    return outageMillis() >= LEAST_OUTAGE_MILLIS;
  }

  /** The deadlines that a renewal sent at {@code sentNanos} (CLOCK_BOOTTIME) gives. */
  public Deadlines after(long sentNanos) {
    return new Deadlines(
        sentNanos + termMillis() * 1_000_000,
        sentNanos + killMillis() * 1_000_000,
        sentNanos + goneMillis() * 1_000_000);
  }
}
