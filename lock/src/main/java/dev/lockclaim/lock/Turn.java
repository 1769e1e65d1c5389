package dev.lockclaim.lock;

import dev.lockclaim.lock.view.LockView;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What one decision came to.
 *
 * @param actions to be carried out, in this order
 * @param wish the lease to keep, if one is to be kept
 * @param wakeNanos decide again then at the latest
 * @param settled whether a candidate that leaves has nothing more to do
 * @param emptyLease the lease, when nothing is held under it and nothing runs; else 0
 * @param reason of the decision, in words
 */
record Turn(
    List<Action> actions,
    Optional<Renewals.Wish> wish,
    long wakeNanos,
    boolean settled,
    long emptyLease,
    OptionalLong runningToken,
    LockView view,
    String reason) {}
