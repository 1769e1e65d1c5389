package dev.lockclaim.lock.view;

/** Somebody in line; the create revision is the place. */
public record Queued(long lease, long createRevision, Identity identity) {}
