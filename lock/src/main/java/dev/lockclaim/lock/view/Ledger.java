package dev.lockclaim.lock.view;

/**
 * The mark of a grant that was not given back yet.
 *
 * @param lease of the grant, 0 when it is not known
 */
public record Ledger(int slot, long lease, long epoch, long modRevision) {
  /** The fencing token of the grant that it was written with. */
  public long token() {
    return Token.of(epoch, modRevision);
  }
}
