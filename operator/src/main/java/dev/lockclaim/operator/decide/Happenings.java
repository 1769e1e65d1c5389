package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.crds.LockClaimStatus.Condition;
import dev.lockclaim.crds.LockClaimStatus.Holder;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.observe.Ending;
import dev.lockclaim.operator.observe.Observed;
import dev.lockclaim.operator.observe.ObservedLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What has happened between two statuses, as events: one for each change, on the claim and, about
 * the lock, on the pod.
 */
public final class Happenings {
  /**
   * One event to be.
   *
   * @param pod whom it is about besides the claim, if it is to be shown there too
   */
  public record Happening(boolean warning, String reason, String message, Optional<Holder> pod) {}

  private Happenings() {}

  /** In the order in which they happened. */
  public static List<Happening> decide(Observed seen, LockClaimStatus now) {
    List<Happening> happened = new ArrayList<>();
    List<Holder> before = seen.before().map(LockClaimStatus::holders).orElse(List.of());
    List<Holder> after = now.holders() == null ? List.of() : now.holders();
    for (Holder old : before) {
      if (after.stream().noneMatch(holder -> holder.token() == old.token())) {
        ended(old, seen.lock()).ifPresent(happened::add);
      }
    }
    for (Holder holder : after) {
      if (before.stream().noneMatch(old -> old.token() == holder.token())) {
        happened.add(
            new Happening(
                false,
                Names.EVENT_LOCK_ACQUIRED,
                "Pod " + holder.podName() + " was granted the lock" + detail(holder) + ".",
                Optional.of(holder)));
      }
    }
    Optional<LockClaimStatus> status = Optional.of(now);
    turned(seen, status, Statuses.ETCD_REACHABLE, "False")
        .ifPresent(
            condition -> happened.add(warning(Names.EVENT_ETCD_UNREACHABLE, condition.message())));
    // A claim that never had a candidate is one whose pods are yet to come.
    turned(seen, status, Statuses.HELD, "False")
        .filter(condition -> condition.reason().equals("NoCandidate") && seen.before().isPresent())
        .filter(
            _ ->
                Statuses.condition(seen.before(), Statuses.HELD)
                    .filter(old -> old.status().equals("True"))
                    .isPresent())
        .ifPresent(
            condition -> happened.add(warning(Names.EVENT_NO_CANDIDATE, condition.message())));
    turned(seen, status, Statuses.PODS_INJECTED, "False")
        .ifPresent(
            condition ->
                happened.add(warning(Names.EVENT_UNINJECTED_POD_FOUND, condition.message())));
    return happened;
  }

  private static Optional<Happening> ended(Holder old, ObservedLock lock) {
    Ending ending = lock.endings().get(old.token());
    if (ending == null
        && lock.view().ledgers().values().stream()
            .anyMatch(ledger -> ledger.token() == old.token())) {
      ending = Ending.LOST; // it ended while we were not looking, and left its ledger
    }
    if (ending == Ending.LOST) {
      String message =
          "Pod "
              + old.podName()
              + " lost the lock"
              + detail(old)
              + ": its lease ran out, or its pod ended without giving it back.";
      return Optional.of(new Happening(true, Names.EVENT_LOCK_LOST, message, Optional.of(old)));
    }
    String how = ending == Ending.HANDED_OVER ? " handed the lock over" : " gave the lock back";
    return Optional.of(
        new Happening(
            false,
            Names.EVENT_LOCK_RELEASED,
            "Pod " + old.podName() + how + detail(old) + ".",
            Optional.empty()));
  }

  private static String detail(Holder holder) {
    return " (slot " + holder.slot() + ", token " + holder.token() + ")";
  }

  private static Happening warning(String reason, String message) {
    return new Happening(true, reason, message, Optional.empty());
  }

  /** The condition, if it has this status or message now and had not before. */
  private static Optional<Condition> turned(
      Observed seen, Optional<LockClaimStatus> now, String type, String status) {
    Optional<Condition> before = Statuses.condition(seen.before(), type);
    return Statuses.condition(now, type)
        .filter(condition -> condition.status().equals(status))
        .filter(
            condition ->
                before
                    .filter(
                        old ->
                            old.status().equals(status) && old.reason().equals(condition.reason()))
                    .isEmpty());
  }
}
