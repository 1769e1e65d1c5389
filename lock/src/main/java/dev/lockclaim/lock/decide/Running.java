package dev.lockclaim.lock.decide;

/**
 * A main that runs or may run: from RUN until its end, or the proof that it never ran.
 *
 * @param started whether the gates have said so
 * @param stopAsked whether STOP was said
 * @param takenUp whether a former sidecar process said RUN, and no gate has spoken of it yet
 * @param absent whether the gates wait: what a former sidecar process ran is not there any more, or
 *     its RUN was not read yet
 * @param lostNanos when the connection to a gate broke, 0 when it is there
 * @param sinceNanos when RUN was said, or the lease taken up
 */
public record Running(
    long token,
    boolean started,
    boolean stopAsked,
    boolean takenUp,
    boolean absent,
    long lostNanos,
    long sinceNanos) {
  /** RUN is about to be said. */
  public static Running asked(long token, long nowNanos) {
    return new Running(token, false, false, false, false, 0, nowNanos);
  }

  /** A former process ran it. */
  public static Running takenUp(long token, long nowNanos) {
    return new Running(token, true, false, true, false, nowNanos, nowNanos);
  }

  /** The gates say that it runs. */
  public Running nowStarted() {
    return new Running(token, true, stopAsked, false, false, 0, sinceNanos);
  }

  /** STOP was said. */
  public Running nowStopping() {
    return new Running(token, started, true, takenUp, absent, lostNanos, sinceNanos);
  }

  /** A gate's connection broke. */
  public Running nowLost(long nowNanos) {
    return new Running(token, started, stopAsked, takenUp, absent, nowNanos, sinceNanos);
  }

  /** The gates wait, and none has said that this runs. */
  public Running nowAbsent() {
    return takenUp ? new Running(token, started, stopAsked, true, true, 0, sinceNanos) : this;
  }
}
