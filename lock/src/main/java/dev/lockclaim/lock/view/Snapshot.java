package dev.lockclaim.lock.view;

import java.util.List;

/** All keys of a lock at one revision. */
public record Snapshot(long clusterId, long revision, List<Entry> entries) {}
