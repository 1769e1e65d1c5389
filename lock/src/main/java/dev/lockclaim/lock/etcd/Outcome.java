package dev.lockclaim.lock.etcd;

import dev.lockclaim.lock.view.Snapshot;

/** How a transaction went, and the lock right after it. */
public record Outcome(boolean done, Snapshot snapshot) {}
