package dev.lockclaim.operator.observe;

/**
 * What the operator tells the pods of a lock.
 *
 * @param prefer NewestRevision or FirstInLine
 * @param newestRevision the workload's newest revision, empty if not known
 * @param clusterId of the etcd that this was written for, 16 hex digits
 */
public record Settings(
    int slots,
    int delaySeconds,
    String prefer,
    String newestRevision,
    boolean suspend,
    long epoch,
    String clusterId) {}
