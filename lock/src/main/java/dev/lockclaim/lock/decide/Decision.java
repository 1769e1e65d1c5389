package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.Loss;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Queued;
import java.util.Optional;

/**
 * What to do now.
 *
 * @param etcd one step on etcd; taken only when no other is under way
 * @param renew whether the lease is to be kept
 * @param wakeNanos decide again then at the latest, even if nothing happens
 * @param reason in words, for status
 */
public record Decision(MainStep main, EtcdStep etcd, boolean renew, long wakeNanos, String reason) {

  /** A step towards the gates. */
  public sealed interface MainStep {
    /** Nothing. */
    record None() implements MainStep {}

    /** Write the token down, then run main. */
    record Run(Holder holder) implements MainStep {}

    /**
     * Stop main.
     *
     * @param loss how the lock was lost, if it is lost already
     */
    record Stop(long token, Optional<Loss> loss, String why) implements MainStep {}
  }

  /** A step on etcd, one transaction each. */
  public sealed interface EtcdStep {
    /** Nothing. */
    record None() implements EtcdStep {}

    /** Stand in line. */
    record Join() implements EtcdStep {}

    /** Leave the line. */
    record Leave(Queued own) implements EtcdStep {}

    /** Take a free slot. */
    record Grant(Queued own, int slot) implements EtcdStep {}

    /** Ask whether the lease of a holder that has vanished is there still. */
    record AskLease(long lease) implements EtcdStep {}

    /**
     * Give a token away, to the successor if there is one.
     *
     * @param rejoin stand in line anew in the same transaction
     */
    record Give(Holder holder, Optional<Queued> successor, boolean rejoin) implements EtcdStep {}

    /** Take away the mark of a grant that ended cleanly after its lease had run out. */
    record ClearLedger(int slot, long modRevision) implements EtcdStep {}
  }
}
