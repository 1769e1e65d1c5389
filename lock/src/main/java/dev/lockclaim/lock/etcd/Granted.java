package dev.lockclaim.lock.etcd;

/** A lease that etcd has given; it may be longer than was asked for. */
public record Granted(long lease, long ttlSeconds) {}
