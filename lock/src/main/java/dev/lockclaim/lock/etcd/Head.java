package dev.lockclaim.lock.etcd;

/** Which etcd it is, and how far it is. */
public record Head(long clusterId, long revision) {}
