package dev.lockclaim.operator.observe;

/** Fencing tokens: {@code epoch << 44 | revision}. */
public final class Token {
  private static final int REVISION_BITS = 44;

  private Token() {}

  /** The token of a grant. */
  public static long of(long epoch, long revision) {
    return epoch << REVISION_BITS | revision;
  }

  /** The epoch that the token was given under. */
  public static long epoch(long token) {
    return token >>> REVISION_BITS;
  }

  /** The etcd revision of the grant. */
  public static long revision(long token) {
    return token & ((1L << REVISION_BITS) - 1);
  }
}
