package dev.lockclaim.operator.observe;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * All that one reconciliation decides from, looked at once.
 *
 * @param claim as the API server has it
 * @param before the status that was written last, if any
 * @param pods that name the claim
 * @param lock as it is in etcd, or was when etcd was last reachable
 * @param newestRevision of the pods' owner, empty if not known
 */
public record Observed(
    LockClaim claim,
    Optional<LockClaimStatus> before,
    List<PodFacts> pods,
    ObservedLock lock,
    EtcdHealth health,
    EtcdIdentity etcd,
    String newestRevision,
    Instant now) {

  /** Copies the list. */
  public Observed {
    pods = List.copyOf(pods);
  }

  /** The same with later news of which etcd this is. */
  public Observed withEtcd(EtcdIdentity later) {
    return new Observed(claim, before, pods, lock, health, later, newestRevision, now);
  }

  public LockClaimSpec spec() {
    return claim.getSpec();
  }

  /** The pod that holds by this UID, if the API server knows it. */
  public Optional<PodFacts> pod(String uid) {
    return pods.stream().filter(pod -> pod.uid().equals(uid)).findFirst();
  }

  /** What is remembered of etcd in the status. */
  public Optional<LockClaimStatus.Etcd> remembered() {
    return before.map(LockClaimStatus::etcd);
  }
}
