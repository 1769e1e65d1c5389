package dev.lockclaim.lock;

import dev.lockclaim.lock.view.Holder;
import java.util.List;
import java.util.Optional;

/**
 * What a candidate knows, at one moment. Immutable.
 *
 * @param held the own grant
 * @param position place in line from 1 on, 0 when not in line
 * @param deadlines of the own lease; meaningful while something is held
 * @param trouble why etcd cannot be used at the moment, in a sentence; empty when it can
 * @param refused whether this etcd is not to be used at all, so that waiting does not help
 * @param reason why nothing is granted or run here, in words; may be empty
 */
public record CandidateStatus(
    State state,
    Optional<Holder> held,
    List<Holder> holders,
    int position,
    int candidates,
    Deadlines deadlines,
    String trouble,
    boolean refused,
    String reason) {

  CandidateStatus stopped() {
    return new CandidateStatus(
        State.STOPPED, held, holders, position, candidates, deadlines, trouble, refused, reason);
  }

  /** What the candidate is doing. */
  public enum State {
    /** No session with etcd. */
    CONNECTING,
    /** In line, or waiting for the gates. */
    WAITING,
    /** Granted, main not started. */
    STARTING,
    /** Main runs. */
    ACTIVE,
    /** Main is being stopped, or the lock given away. */
    STOPPING,
    /** The lock was lost, main is being stopped. */
    LOST,
    /** Left for good. */
    STOPPED
  }
}
