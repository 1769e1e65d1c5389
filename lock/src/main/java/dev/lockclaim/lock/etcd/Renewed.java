package dev.lockclaim.lock.etcd;

/**
 * The answer to a renewal.
 *
 * @param ttlSeconds from etcd's handling of it on; 0 when the lease is no more
 * @param clusterId of the etcd that answered: a restored one may know the lease, and nothing of
 *     what was granted since its backup
 */
public record Renewed(long ttlSeconds, long clusterId) {}
