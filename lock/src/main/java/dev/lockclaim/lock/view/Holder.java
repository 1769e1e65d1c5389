package dev.lockclaim.lock.view;

/** Somebody who holds a slot. */
public record Holder(
    int slot, long lease, long epoch, Identity identity, long grantTimeMillis, long modRevision) {
  /** The fencing token of the grant. */
  public long token() {
    return Token.of(epoch, modRevision);
  }
}
