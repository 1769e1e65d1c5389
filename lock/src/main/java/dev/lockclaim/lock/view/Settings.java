package dev.lockclaim.lock.view;

/**
 * What the operator says of a lock.
 *
 * @param clusterId of the etcd they were written for
 * @param claim UID of the LockClaim that they are of; empty where there is no operator
 * @param modRevision the settings' own revision: grants and hand-overs compare it
 */
public record Settings(
    int slots,
    int delaySeconds,
    String prefer,
    String newestRevision,
    boolean suspend,
    long epoch,
    long clusterId,
    String claim,
    long modRevision) {
  /** Prefers pods of the newest revision at a hand-over. */
  public static final String NEWEST_REVISION = "NewestRevision";

  /** Prefers nobody: the first in line is next. */
  public static final String FIRST_IN_LINE = "FirstInLine";

  /** Settings that are of no LockClaim. */
  public Settings(
      int slots,
      int delaySeconds,
      String prefer,
      String newestRevision,
      boolean suspend,
      long epoch,
      long clusterId,
      long modRevision) {
    this(slots, delaySeconds, prefer, newestRevision, suspend, epoch, clusterId, "", modRevision);
  }

  /** What holds where there is no operator to say otherwise. */
  public static Settings defaults(int slots, long clusterId) {
    return new Settings(slots, 0, FIRST_IN_LINE, "", false, 0, clusterId, 0);
  }

  /** Whether both say the same, whenever they were written. */
  public boolean sameAs(Settings other) {
    return LockCodec.settings(this).equals(LockCodec.settings(other));
  }
}
