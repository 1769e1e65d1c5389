package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.Deadlines;
import dev.lockclaim.lock.view.LockView;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that a decision is made from.
 *
 * @param lease own lease, 0 without one
 * @param leaseGone etcd has said that the lease is no more
 * @param deadlines by the last good renewal
 * @param gatesReady every gate waits for RUN
 * @param running what runs or may run
 * @param ran the highest token that RUN was written down for
 * @param released the highest token that is being given away, or was
 * @param leaving the pod does not want the lock any more
 * @param yieldToken the token that somebody asked to give up, 0 for none
 * @param yieldTo the pod to give it to, if one was named
 * @param notBeforeNanos when the pod may stand in line again
 * @param lateTermNanos a grant that was refused as late is run again only with a TERM time above
 *     this one
 * @param ledgerSeenNanos by a ledger's revision: when this candidate first saw its slot free
 * @param leaseWords what etcd has said of the leases of holders that have vanished
 * @param weak leases that have missed renewals
 * @param restored why etcd is not the one it was, empty when it is
 */
public record Situation(
    LockView view,
    long lease,
    boolean leaseGone,
    Deadlines deadlines,
    boolean gatesReady,
    Optional<Running> running,
    long ran,
    long released,
    boolean leaving,
    long yieldToken,
    Optional<String> yieldTo,
    long notBeforeNanos,
    long lateTermNanos,
    Map<Long, Long> ledgerSeenNanos,
    Map<Long, LeaseWord> leaseWords,
    Set<Long> weak,
    Optional<String> restored) {}
