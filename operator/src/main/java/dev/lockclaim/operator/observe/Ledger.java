package dev.lockclaim.operator.observe;

/** Written with each grant, deleted with each clean release. */
public record Ledger(int slot, long epoch, long modRevision) {
  /** The token of the grant that it was written with. */
  public long token() {
    return Token.of(epoch, modRevision);
  }
}
