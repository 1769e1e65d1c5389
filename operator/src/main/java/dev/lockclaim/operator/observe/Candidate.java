package dev.lockclaim.operator.observe;

/** A pod in line; its place is that of its createRevision. */
public record Candidate(String podName, String podUid, String podRevision, long createRevision) {}
