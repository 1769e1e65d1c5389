package dev.lockclaim.operator.observe;

/** One key of a lock, decoded. */
public sealed interface LockKey {
  /** settings. */
  record SettingsKey(Settings settings, long modRevision) implements LockKey {}

  /** holder/slot. */
  record HolderKey(Grant grant) implements LockKey {}

  /** ledger/slot. */
  record LedgerKey(Ledger ledger) implements LockKey {}

  /** queue/lease. */
  record QueueKey(Candidate candidate) implements LockKey {}

  /** request. */
  record RequestKey(Request request) implements LockKey {}
}
