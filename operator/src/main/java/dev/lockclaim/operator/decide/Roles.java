package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.Names;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Token;
import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.ObservedLock;
import dev.lockclaim.operator.observe.PodFacts;
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
  public static List<Change> decide(List<PodFacts> pods, ObservedLock lock, EtcdIdentity etcd) {
    Map<String, Holder> byUid = new HashMap<>();
    lock.holders().forEach(holder -> byUid.put(holder.identity().uid(), holder));
    List<Change> toStandby = new ArrayList<>();
    List<Change> toActive = new ArrayList<>();
    for (PodFacts pod : pods) {
      if (!pod.injected()) {
        continue;
      }
      long labelledFor = pod.token().orElse(0L);
      Holder holder = byUid.get(pod.uid());
      if (holder != null) {
        boolean right =
            pod.role().equals(Names.ROLE_ACTIVE)
                && labelledFor == holder.token()
                && !pod.deletionCost().isEmpty();
        if (!right && labelledFor <= holder.token()) {
          toActive.add(new Change(pod, Names.ROLE_ACTIVE, holder.token()));
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
  private static boolean ahead(long token, ObservedLock lock, EtcdIdentity etcd) {
    long epoch = lock.settings().map(Settings::epoch).orElse(0L);
    long known = Math.max(etcd.revision(), Token.revision(lock.highestToken()));
    for (long ended : lock.endings().keySet()) {
      known = Math.max(known, Token.revision(ended));
    }
    return Token.epoch(token) >= epoch && Token.revision(token) > known;
  }
}
