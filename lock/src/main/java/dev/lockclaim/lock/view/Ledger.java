package dev.lockclaim.lock.view;

/** The mark of a grant that was not given back yet. */
public record Ledger(int slot, long modRevision) {}
