package dev.lockclaim.lock.view;

/**
 * A key as etcd has it.
 *
 * @param key without the lock's prefix
 */
public record Entry(String key, String value, long createRevision, long modRevision, long lease) {}
