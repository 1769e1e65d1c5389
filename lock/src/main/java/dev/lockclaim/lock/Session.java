package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.EtcdFailure;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A candidate's lease and its time. Confined to the thread that decides.
 *
 * <p>Only a renewal that was answered moves the deadlines, and only to later; they are counted from
 * when it was sent.
 */
final class Session {
  private final int graceSeconds;
  private long lease;
  private boolean gone;
  private boolean confirm;
  private Timing timing;
  private Deadlines deadlines = new Deadlines(0, 0, 0);
  private Optional<String> restored = Optional.empty();
  private boolean releaseOnly;
  private Set<Long> weak = Set.of();

  Session(int ttlSeconds, int graceSeconds) {
    this.graceSeconds = graceSeconds;
    timing = Timing.ofSeconds(ttlSeconds, graceSeconds);
  }

  void begin(Connecting.Begun begun) {
    lease = begun.lease();
    gone = false;
    confirm = begun.confirm();
    timing = Timing.ofSeconds(begun.ttlSeconds(), graceSeconds);
    deadlines = timing.after(begun.sentNanos());
    restored = Optional.empty();
  }

  void end() {
    lease = 0;
    gone = false;
    restored = Optional.empty();
    releaseOnly = false;
    weak = Set.of();
  }

  /** False when it is not the session's lease that was renewed. */
  boolean renewed(long renewedLease, long sentNanos, long ttlSeconds) {
    if (renewedLease != lease || gone) {
      return false;
    }
    timing = Timing.ofSeconds(ttlSeconds, graceSeconds);
    Deadlines later = timing.after(sentNanos);
    if (later.goneNanos() > deadlines.goneNanos()) {
      deadlines = later;
    }
    return true;
  }

  void gone(long which) {
    gone = gone || which == lease;
  }

  void restored(String why) {
    restored = Optional.of(why);
  }

  /** A hand-over or a release did not go through. */
  void giveFailed(EtcdFailure.Kind kind, boolean toSuccessor) {
    switch (kind) {
      case NO_LEASE -> {
        if (toSuccessor && !releaseOnly) {
          releaseOnly = true; // the successor's lease has just ended
        } else {
          gone = true;
        }
      }
      // The successor's lease may carry keys that our user may not write: then nobody is named.
      case DENIED -> releaseOnly = releaseOnly || toSuccessor;
      case UNKNOWN, CREDENTIALS -> {}
    }
  }

  void given() {
    releaseOnly = false;
  }

  void weak(long which, boolean isWeak) {
    Set<Long> next = new HashSet<>(weak);
    if (isWeak ? next.add(which) : next.remove(which)) {
      weak = Set.copyOf(next);
    }
  }

  /** Main runs anew: what was heard when it stopped last says nothing of its next end. */
  void forgetWeak() {
    weak = Set.of();
  }

  long lease() {
    return lease;
  }

  boolean isGone() {
    return gone;
  }

  /** The lease is there no more, or its etcd is not the one that it was. */
  boolean isOver() {
    return lease != 0 && (gone || restored.isPresent());
  }

  boolean confirm() {
    return confirm;
  }

  Timing timing() {
    return timing;
  }

  Deadlines deadlines() {
    return deadlines;
  }

  Optional<String> restored() {
    return restored;
  }

  boolean releaseOnly() {
    return releaseOnly;
  }

  Set<Long> weak() {
    return weak;
  }
}
