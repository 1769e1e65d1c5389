package dev.lockclaim.lock.decide;

/**
 * What etcd has said of somebody else's lease.
 *
 * @param ended for good: a lease that has ended never comes back
 * @param askedNanos when
 */
public record LeaseWord(boolean ended, long askedNanos) {}
