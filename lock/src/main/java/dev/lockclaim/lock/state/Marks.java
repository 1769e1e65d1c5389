package dev.lockclaim.lock.state;

/**
 * What a pod has written down. Never a deadline: a clock starts anew with each boot.
 *
 * @param sidecar rises with each sidecar process
 * @param lease the pod's lease, 0 without one
 * @param ran the highest token whose RUN was sent, or was about to be
 * @param released the highest token that is given away, or was about to be
 * @param clusterId of the etcd that was seen, 0 for none
 * @param revision the highest one seen
 * @param epoch of the settings seen last
 */
public record Marks(
    String bootId,
    String podUid,
    int sidecar,
    long lease,
    long ran,
    long released,
    long clusterId,
    long revision,
    long epoch) {

  /** Of a pod that has done nothing yet. */
  public static Marks none(String bootId, String podUid) {
    return new Marks(bootId, podUid, 0, 0, 0, 0, 0, 0, 0);
  }

  Marks withSidecar(int number) {
    return new Marks(bootId, podUid, number, lease, ran, released, clusterId, revision, epoch);
  }

  /** With another lease. */
  public Marks withLease(long id) {
    return new Marks(bootId, podUid, sidecar, id, ran, released, clusterId, revision, epoch);
  }

  /** RUN of the token is about to be sent. */
  public Marks withRan(long token) {
    return new Marks(bootId, podUid, sidecar, lease, token, released, clusterId, revision, epoch);
  }

  /** The token is about to be given away. */
  public Marks withReleased(long token) {
    return new Marks(
        bootId, podUid, sidecar, lease, ran, Math.max(released, token), clusterId, revision, epoch);
  }

  /** What was seen of etcd. */
  public Marks withSeen(long cluster, long seenRevision, long seenEpoch) {
    return new Marks(
        bootId, podUid, sidecar, lease, ran, released, cluster, seenRevision, seenEpoch);
  }
}
