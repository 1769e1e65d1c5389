package dev.lockclaim.lock.view;

/**
 * Somebody who holds a slot.
 *
 * @param via how it was granted: {@link #VIA_QUEUE} or {@link #VIA_HANDOVER}
 */
public record Holder(
    int slot,
    long lease,
    long epoch,
    Identity identity,
    long grantTimeMillis,
    String via,
    long modRevision) {
  /** Taken by the first in line. */
  public static final String VIA_QUEUE = "queue";

  /** Given by the holder before. */
  public static final String VIA_HANDOVER = "handover";

  /** The fencing token of the grant. */
  public long token() {
    return Token.of(epoch, modRevision);
  }
}
