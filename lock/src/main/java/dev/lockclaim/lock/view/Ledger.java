package dev.lockclaim.lock.view;

/** The mark of a grant that was not given back yet. */
public record Ledger(int slot, long epoch, long modRevision) {
  /** The fencing token of the grant that it was written with. */
  public long token() {
    return Token.of(epoch, modRevision);
  }
}
