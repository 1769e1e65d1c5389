package dev.lockclaim.chaos.plan;

/**
 * The worked-out times of a lease as docs/guarantees.md has them, in milliseconds; not the
 * product's own arithmetic.
 */
public record Times(long ttlMillis, long graceMillis) {
  private static final long KILL_MILLIS = 500;

  /** etcd looks for leases that are out twice a second. */
  private static final long POLL_MILLIS = 500;

  /** An election of etcd: twice its election time at most, without a split vote. */
  private static final long ELECTION_MILLIS = 2000;

  /** A new leader of etcd gives every lease its full time, and its own election time on top. */
  private static final long EXTENSION_MILLIS = 1000;

  /** A sidecar's JVM that was killed, and runs again. */
  private static final long RESTART_MILLIS = 2000;

  /** How long a sidecar looks whether a gate comes back, before it lets the lease run out. */
  private static final long GATE_LOST_MILLIS = 1000;

  /** The same for a sidecar that has come back itself and has taken the lease up. */
  private static final long TAKE_UP_MILLIS = 5000;

  /** From the last good renewal's send to SIGTERM. */
  public long termMillis() {
    return ttlMillis - 50 - ttlMillis / 100 - KILL_MILLIS - graceMillis;
  }

  /** The longest outage that stops nothing. */
  public long outageMillis() {
    return termMillis() - renewMillis() - retryMillis();
  }

  private long renewMillis() {
    return ttlMillis / 5;
  }

  private long retryMillis() {
    return Math.max(200, renewMillis() / 4);
  }

  /** Until a slot whose holder vanished can be granted. */
  public long vanishedMillis() {
    return ttlMillis + POLL_MILLIS;
  }

  /** The same when only the gate was killed, and does not come back. */
  public long gateLostMillis() {
    return GATE_LOST_MILLIS + vanishedMillis();
  }

  /** The same when sidecar and gate were killed, and only the sidecar comes back. */
  public long takenUpInVainMillis() {
    return RESTART_MILLIS + TAKE_UP_MILLIS + vanishedMillis();
  }

  /** The same when main was stopped at its deadline: it ran on for a part of that. */
  public long expiredMillis() {
    return vanishedMillis() - termMillis();
  }

  /** The same where it may have begun between a renewal's arrival at etcd and its answer. */
  public long cutMillis() {
    return expiredMillis() + renewMillis();
  }

  /** The same for who is not answered, but heard: the next renewal and its repetition count. */
  public long unansweredMillis() {
    return expiredMillis() + renewMillis() + retryMillis();
  }

  /** After the end of an outage: an election, which gives every lease its full time and more. */
  public long recoveredMillis() {
    return ELECTION_MILLIS + 2 * ttlMillis + EXTENSION_MILLIS + POLL_MILLIS;
  }

  /**
   * A leader of etcd may stand still for so long and harm nobody. One that goes on later than a
   * lease is over by its own clock may end it in its first moment, before it hears that another
   * leads: ensureLeadership in etcd's server (#15247) asks whether its clock has ticked lately.
   */
  long leaderPauseMillis() {
    return ttlMillis - renewMillis() - POLL_MILLIS;
  }
}
