package dev.lockclaim.sidecar.api;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a pod knows of its lock, at one moment.
 *
 * @param lock namespace/name
 * @param slot that the pod holds
 * @param token of the pod's grant
 * @param grantTimeMillis wall clock, 0 when nothing is held
 * @param killNanos when the gates kill main unless the lease is renewed, on CLOCK_BOOTTIME; 0 when
 *     nothing is held
 * @param goneNanos when the last process of main is gone then, on CLOCK_BOOTTIME
 * @param position place in line from 1 on, empty when the pod is not in line
 * @param candidates in line, this pod included
 * @param trouble what keeps this pod from its part in the lock, in a sentence; empty when nothing
 *     does
 * @param refused whether etcd is not to be used at all, so that waiting does not help
 * @param reason for the state, in words: the trouble, if there is one
 */
public record LockView(
    State state,
    String lock,
    OptionalInt slot,
    OptionalLong token,
    long grantTimeMillis,
    long killNanos,
    long goneNanos,
    List<Holder> holders,
    OptionalInt position,
    int candidates,
    Optional<String> trouble,
    boolean refused,
    String reason) {

  /** What the sidecar is doing. */
  public enum State {
    /** It has not reached etcd yet, or not again. */
    CONNECTING,
    /** It stands in line, or waits for its gates to do so. */
    WAITING,
    /** It has been granted the lock, main has not been started yet. */
    STARTING,
    /** Main runs. */
    ACTIVE,
    /** Main is being stopped. */
    STOPPING,
    /** The lock was lost. */
    LOST,
    /** It has left for good. */
    STOPPED;

    /** The state in lower case, as it is shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Somebody who holds the lock. */
  public record Holder(int slot, String pod, long token) {}

  /** Whether the pod holds the lock, main running or not. */
  public boolean holds() {
    return token.isPresent();
  }

  /**
   * For how long main may still act, even if the lease is not renewed again; 0 when it may not.
   *
   * @param bootNanos CLOCK_BOOTTIME now
   */
  public long validForMillis(long bootNanos) {
    boolean runs = state == State.STARTING || state == State.ACTIVE || state == State.STOPPING;
    return runs && killNanos > 0 ? Math.max(0, (killNanos - bootNanos) / 1_000_000) : 0;
  }
}
