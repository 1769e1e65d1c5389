package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Running;
import dev.lockclaim.lock.state.MarkStore;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Holder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What main does, or may do, by the gates' words, and the marks that outlive this process. Confined
 * to the thread that decides.
 *
 * <p>Each mark is kept before what it speaks of is sent.
 */
final class Tenure {
  private static final long SECOND = 1_000_000_000L;
  private static final long BACKOFF_LIMIT_NANOS = 60 * SECOND;

  /** A main that has run for so long is not one that ends at once each time. */
  private static final long WELL_NANOS = 600 * SECOND;

  private final MarkStore store;
  private boolean gatesReady;
  private Optional<Running> running = Optional.empty();
  private long ran;
  private boolean leaving;
  private long yieldToken;
  private Optional<String> yieldTo = Optional.empty();
  private long notBeforeNanos;
  private long backoffNanos = SECOND;
  private long lateTermNanos;
  private boolean lost;

  Tenure(MarkStore store) {
    this.store = store;
    ran = store.marks().ran();
  }

  // ---- words of the gates

  void ready(boolean allGatesReady) {
    gatesReady = allGatesReady;
    if (allGatesReady) {
      // A gate that waits may still read what a former sidecar process said to it: its word on
      // STOP is the proof that what it ran is no more.
      running = running.map(Running::nowAbsent);
    }
  }

  /**
   * @param ours whether the token is held, as far as is known
   * @return false when the token is not to run
   */
  boolean started(long token, boolean ours, long nowNanos) {
    if (isRunning(token)) {
      running = running.map(Running::nowStarted);
      return true;
    }
    if (running.isEmpty() && token <= ran && ours) {
      running = Optional.of(Running.takenUp(token, nowNanos).nowStarted());
      return true;
    }
    return false;
  }

  void refused(long token, Refusal refusal, long termNanos, long nowNanos) {
    if (!isRunning(token)) {
      return;
    }
    running = Optional.empty();
    if (refusal == Refusal.LATE) {
      // The one case where a token may be sent again: it is proven that it has not run. Not before
      // there is a later time to send.
      ran = Math.min(ran, token - 1);
      lateTermNanos = termNanos;
    } else {
      backOff(nowNanos);
      markReleased(token);
    }
  }

  void ended(long token, Ending ending, long nowNanos) {
    // A former process's main may end before this one has taken the lease up: it is not told twice.
    boolean formers = running.isEmpty() && token <= ran && token > store.marks().released();
    if (!isRunning(token) && !formers) {
      return;
    }
    boolean well = running.filter(main -> nowNanos - main.sinceNanos() > WELL_NANOS).isPresent();
    running = Optional.empty();
    lost = false;
    if (!ending.asked()) {
      if (well) {
        backoffNanos = SECOND;
      }
      backOff(nowNanos);
    }
    if (!ending.rejoin()) {
      leaving = true;
    }
    // Now, not when it is given away: should the lease have ended, the next session clears up.
    markReleased(token);
  }

  void gateLost(long nowNanos) {
    running = running.map(r -> r.nowLost(nowNanos));
  }

  void backOff(long nowNanos) {
    notBeforeNanos = nowNanos + backoffNanos;
    backoffNanos = Math.min(backoffNanos * 2, BACKOFF_LIMIT_NANOS);
  }

  // ---- wishes

  void leave() {
    leaving = true;
  }

  void giveUp(Optional<String> to) {
    yieldToken = running.map(Running::token).orElse(0L);
    yieldTo = to;
  }

  void yieldIsOver() {
    yieldToken = 0;
    yieldTo = Optional.empty();
  }

  // ---- what was decided

  void aboutToRun(Holder holder, long clusterId, long revision, long nowNanos) {
    write(store.marks().withRan(holder.token()).withSeen(clusterId, revision, holder.epoch()));
    ran = holder.token();
    running = Optional.of(Running.asked(holder.token(), nowNanos));
  }

  void aboutToStop(boolean isLost) {
    running = running.map(Running::nowStopping);
    lost = isLost;
  }

  /** True the first time. */
  boolean aboutToGive(long token) {
    return markReleased(token);
  }

  /** The lease that a former process of this pod left, with what it ran. */
  void takeUp(long token, long nowNanos) {
    running = Optional.of(Running.takenUp(token, nowNanos));
    if (gatesReady) {
      running = running.map(Running::nowAbsent);
    }
  }

  void write(Marks marks) {
    try {
      store.write(marks);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the state file cannot be written (" + e.getMessage() + "); check the shared volume", e);
    }
  }

  private boolean markReleased(long token) {
    if (store.marks().released() >= token) {
      return false;
    }
    write(store.marks().withReleased(token));
    return true;
  }

  // ---- questions

  private boolean isRunning(long token) {
    return running.filter(r -> r.token() == token).isPresent();
  }

  Marks marks() {
    return store.marks();
  }

  boolean gatesReady() {
    return gatesReady;
  }

  Optional<Running> running() {
    return running;
  }

  OptionalLong runningToken() {
    return running.isPresent() ? OptionalLong.of(running.get().token()) : OptionalLong.empty();
  }

  long ran() {
    return ran;
  }

  boolean leaving() {
    return leaving;
  }

  long yieldToken() {
    return yieldToken;
  }

  Optional<String> yieldTo() {
    return yieldTo;
  }

  long notBeforeNanos() {
    return notBeforeNanos;
  }

  long lateTermNanos() {
    return lateTermNanos;
  }

  boolean lost() {
    return lost;
  }
}
