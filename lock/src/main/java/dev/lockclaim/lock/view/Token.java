package dev.lockclaim.lock.view;

/** Fencing tokens: {@code epoch << 44 | revision}, exact in a double. */
public final class Token {
  /** A higher one would make tokens negative. */
  static final long MAX_EPOCH = (1L << 19) - 1;

  private static final int EPOCH_SHIFT = 44;

  private Token() {}

  /** The token of a grant. */
  public static long of(long epoch, long revision) {
    return epoch << EPOCH_SHIFT | revision;
  }

  /** The epoch in a token. */
  public static long epoch(long token) {
    return token >>> EPOCH_SHIFT;
  }

  /** The etcd revision in a token. */
  public static long revision(long token) {
    return token & (1L << EPOCH_SHIFT) - 1;
  }
}
