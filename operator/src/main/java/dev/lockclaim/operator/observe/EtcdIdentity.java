package dev.lockclaim.operator.observe;

import dev.lockclaim.lock.view.LockKeys;

/**
 * Which etcd, and how far it is: what tells a restored etcd from the one before.
 *
 * @param clusterId 0 if not known
 * @param readRevision of the last linearizable read; those never go back while etcd is what it was,
 *     revisions of watch responses may
 * @param revision the highest that was seen, also by the watch; never below that of anything in the
 *     views
 * @param setbacks how often linearizable reads of one cluster went back while we looked
 */
public record EtcdIdentity(long clusterId, long readRevision, long revision, int setbacks) {
  /** Before the first answer. */
  public static final EtcdIdentity UNKNOWN = new EtcdIdentity(0, 0, 0, 0);

  /** The cluster as a status says it. */
  public String clusterIdText() {
    return LockKeys.hex(clusterId);
  }

  /** What is known after a linearizable read, later than all before, with these in its header. */
  public EtcdIdentity read(long answerClusterId, long answerRevision) {
    if (answerClusterId != clusterId) {
      return new EtcdIdentity(answerClusterId, answerRevision, answerRevision, setbacks);
    }
    if (answerRevision < readRevision) {
      return new EtcdIdentity(clusterId, answerRevision, answerRevision, setbacks + 1);
    }
    return new EtcdIdentity(
        clusterId, answerRevision, Math.max(revision, answerRevision), setbacks);
  }

  /** What is known after the watch has brought something of this revision. */
  public EtcdIdentity watched(long eventRevision) {
    return new EtcdIdentity(clusterId, readRevision, Math.max(revision, eventRevision), setbacks);
  }
}
