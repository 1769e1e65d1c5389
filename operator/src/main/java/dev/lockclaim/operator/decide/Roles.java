package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.Grant;
import dev.lockclaim.operator.observe.LockView;
import dev.lockclaim.operator.observe.PodFacts;
import dev.lockclaim.operator.observe.Settings;
import dev.lockclaim.operator.observe.Token;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which pods' role has to be written, and in which order. */
public final class Roles {
  /** Deletion cost of a holder: above the 0 of all others, so that a ReplicaSet deletes it last. */
  public static final String HOLDER_DELETION_COST = "1000";

  /**
   * One pod's role.
   *
   * @param token of the grant that made it so
   */
  public record Change(PodFacts pod, String role, long token) {
    /** Whether the pod is to be the last that a ReplicaSet deletes. */
    public boolean active() {
      return role.equals(Names.ROLE_ACTIVE);
    }
  }

  private Roles() {}

  /**
   * The changes, those to standby first: a Service that selects on the role never has two pods. A
   * pod that was labelled for a higher token than we know of is left alone: our view is the older
   * one.
   */
  public static List<Change> decide(List<PodFacts> pods, LockView lock, EtcdIdentity etcd) {
    Map<String, Grant> byUid = new HashMap<>();
    lock.grants().values().forEach(grant -> byUid.put(grant.podUid(), grant));
    List<Change> toStandby = new ArrayList<>();
    List<Change> toActive = new ArrayList<>();
    for (PodFacts pod : pods) {
      if (!pod.injected()) {
        continue;
      }
      long labelledFor = pod.token().orElse(0L);
      Grant grant = byUid.get(pod.uid());
      if (grant != null) {
        boolean right =
            pod.role().equals(Names.ROLE_ACTIVE)
                && labelledFor == grant.token()
                && !pod.deletionCost().isEmpty();
        if (!right && labelledFor <= grant.token()) {
          toActive.add(new Change(pod, Names.ROLE_ACTIVE, grant.token()));
        }
      } else if (!pod.role().equals(Names.ROLE_STANDBY)
          || pod.deletionCost().equals(HOLDER_DELETION_COST)) {
        if (!ahead(labelledFor, lock, etcd)) {
          toStandby.add(
              new Change(pod, Names.ROLE_STANDBY, Math.max(labelledFor, lock.highestToken())));
        }
      }
    }
    toStandby.addAll(toActive);
    return toStandby;
  }

  /**
   * Labelled for a grant that we have not heard of: that is news to come, not a role to take back.
   */
  private static boolean ahead(long token, LockView lock, EtcdIdentity etcd) {
    long epoch = lock.settings().map(Settings::epoch).orElse(0L);
    long known = Math.max(etcd.revision(), Token.revision(lock.highestToken()));
    for (long ended : lock.endings().keySet()) {
      known = Math.max(known, Token.revision(ended));
    }
    return Token.epoch(token) >= epoch && Token.revision(token) > known;
  }
}
