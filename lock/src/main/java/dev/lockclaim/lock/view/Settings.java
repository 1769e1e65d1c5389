package dev.lockclaim.lock.view;

/**
 * What the operator says of a lock.
 *
 * @param modRevision the settings' own revision: grants and hand-overs compare it
 * @param clusterId of the etcd they were written for
 */
public record Settings(
    int slots,
    int delaySeconds,
    String prefer,
    String newestRevision,
    boolean suspend,
    long epoch,
    long clusterId,
    long modRevision) {
  /** Prefers pods of the newest revision at a hand-over. */
  public static final String NEWEST_REVISION = "NewestRevision";
}
