package dev.lockclaim.operator.observe;

/**
 * Who holds a slot.
 *
 * @param via queue or handover
 * @param modRevision of the key: the revision of the token
 */
public record Grant(
    int slot,
    long epoch,
    String podName,
    String podUid,
    String nodeName,
    String podRevision,
    long grantTimeMillis,
    String via,
    long modRevision) {
  /** The fencing token. */
  public long token() {
    return Token.of(epoch, modRevision);
  }
}
