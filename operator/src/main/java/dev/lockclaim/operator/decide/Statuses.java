package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.crds.LockClaimStatus.Condition;
import dev.lockclaim.lock.Timing;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.operator.observe.EtcdHealth;
import dev.lockclaim.operator.observe.Observed;
import dev.lockclaim.operator.observe.ObservedLock;
import dev.lockclaim.operator.observe.PodFacts;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The status of a claim. Equal observations give equal statuses, but for times of change: so
 * nothing is written when nothing happens.
 */
public final class Statuses {
  public static final String READY = "Ready";
  public static final String HELD = "Held";
  public static final String ETCD_REACHABLE = "EtcdReachable";
  public static final String PODS_INJECTED = "PodsInjected";

  // Names in a message; the rest is counted.
  private static final int NAMED = 5;

  private record Finding(String type, String status, String reason, String message) {}

  private Statuses() {}

  /**
   * Decides.
   *
   * @param settings what was decided about the settings, before it was carried out
   */
  public static LockClaimStatus decide(Observed seen, SettingsPlan settings) {
    // While etcd is away its last word stands: the holder holds on.
    boolean known = seen.health().ok() || seen.before().isEmpty();
    List<LockClaimStatus.Holder> holders =
        known ? holders(seen.lock()) : seen.before().get().holders();
    Finding etcd = etcdReachable(seen.health());
    Finding injected = podsInjected(seen.pods());
    Finding held = held(seen, holders == null ? List.of() : holders);
    Finding ready = ready(seen, etcd, injected, held, settings);
    List<Condition> conditions = new ArrayList<>();
    for (Finding finding : List.of(ready, held, etcd, injected)) {
      conditions.add(condition(finding, seen));
    }
    return new LockClaimStatus(
        seen.claim().getMetadata().getGeneration(),
        holders,
        known ? Integer.valueOf(seen.lock().candidates()) : seen.before().get().candidates(),
        transitions(seen),
        timing(seen.spec().lease()),
        etcd(seen),
        conditions);
  }

  /** The condition of this type, if the status has it. */
  public static Optional<Condition> condition(Optional<LockClaimStatus> status, String type) {
    return status.map(LockClaimStatus::conditions).stream()
        .flatMap(List::stream)
        .filter(condition -> condition.type().equals(type))
        .findFirst();
  }

  /** The names of pods that have the claim's label and no sidecar. */
  public static List<String> uninjected(List<PodFacts> pods) {
    return pods.stream()
        .filter(pod -> !pod.injected() && pod.over().isEmpty())
        .map(PodFacts::name)
        .sorted()
        .toList();
  }

  private static List<LockClaimStatus.Holder> holders(ObservedLock lock) {
    return lock.holders().stream()
        .map(
            holder ->
                new LockClaimStatus.Holder(
                    holder.slot(),
                    holder.identity().pod(),
                    holder.identity().uid(),
                    holder.identity().node(),
                    holder.token(),
                    Instant.ofEpochMilli(holder.grantTimeMillis())
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString()))
        .toList();
  }

  /** The numbers that the claim's pods live by. */
  private static LockClaimStatus.Timing timing(LockClaimSpec.Lease lease) {
    int grace = lease.effectiveStopGraceSeconds();
    Timing timing = Timing.ofSeconds(lease.durationSeconds(), grace);
    return new LockClaimStatus.Timing(
        timing.renewMillis(),
        timing.marginMillis(),
        Timing.KILL_MILLIS,
        grace,
        timing.termMillis(),
        timing.killMillis(),
        timing.goneMillis(),
        timing.outageMillis());
  }

  /** Grants that were not known at the last status. */
  private static long transitions(Observed seen) {
    long before = seen.before().map(LockClaimStatus::transitions).orElse(0L);
    long lastToken = seen.remembered().map(LockClaimStatus.Etcd::lastToken).orElse(0L);
    return before
        + seen.lock().holders().stream().filter(holder -> holder.token() > lastToken).count();
  }

  private static LockClaimStatus.Etcd etcd(Observed seen) {
    Optional<LockClaimStatus.Etcd> before = seen.remembered();
    long lastToken =
        Math.max(
            seen.lock().highestToken(), before.map(LockClaimStatus.Etcd::lastToken).orElse(0L));
    // From the settings that are in etcd, not from those that are meant to be: a new epoch has
    // begun when they are there.
    Optional<Settings> settings = seen.lock().settings();
    String clusterId =
        settings
            .map(there -> LockKeys.hex(there.clusterId()))
            .or(() -> before.map(LockClaimStatus.Etcd::clusterId))
            .orElse(null);
    long epoch =
        Math.max(
            settings.map(Settings::epoch).orElse(0L),
            before.map(LockClaimStatus.Etcd::epoch).orElse(0L));
    return new LockClaimStatus.Etcd(clusterId, epoch, lastToken);
  }

  private static Finding etcdReachable(EtcdHealth health) {
    String status =
        switch (health.state()) {
          case REACHABLE -> "True";
          case UNREACHABLE -> "False";
          case UNKNOWN -> "Unknown";
        };
    return new Finding(ETCD_REACHABLE, status, health.reason(), health.message());
  }

  private static Finding podsInjected(List<PodFacts> pods) {
    List<String> without = uninjected(pods);
    if (!without.isEmpty()) {
      return new Finding(
          PODS_INJECTED,
          "False",
          "UninjectedPodFound",
          (without.size() == 1 ? "A pod has" : without.size() + " pods have")
              + " the claim's label but no sidecar, so main runs there without the lock: "
              + listed(without)
              + "; delete them, new ones get it.");
    }
    return pods.isEmpty()
        ? new Finding(
            PODS_INJECTED,
            "True",
            "NoPods",
            "No pod names this claim in its label lockclaim.dev/claim.")
        : new Finding(PODS_INJECTED, "True", "AllInjected", "All pods have their sidecar.");
  }

  private static Finding held(Observed seen, List<LockClaimStatus.Holder> holders) {
    if (!seen.health().ok()) {
      return new Finding(
          HELD,
          "Unknown",
          seen.health().reason(),
          "Who holds the lock is not known while etcd cannot be reached.");
    }
    int waiting = seen.lock().queue().size();
    boolean suspended = seen.spec().suspend();
    if (!holders.isEmpty()) {
      String names = listed(holders.stream().map(LockClaimStatus.Holder::podName).toList());
      int slots = seen.spec().slots();
      String who =
          slots == 1
              ? names + " holds the lock"
              : names + " hold " + holders.size() + " of " + slots + " slots";
      return new Finding(
          HELD,
          "True",
          suspended ? "Suspending" : "Held",
          who + (suspended ? " and is being stopped." : "."));
    }
    if (suspended) {
      return new Finding(
          HELD, "False", "Suspended", "spec.suspend is true: nobody is granted the lock.");
    }
    return waiting > 0
        ? new Finding(
            HELD,
            "False",
            "Waiting",
            (waiting == 1 ? "A pod stands" : waiting + " pods stand")
                + " in line; the first is about to be granted the lock.")
        : new Finding(
            HELD, "False", "NoCandidate", "No pod holds the lock and none stands in line.");
  }

  private static Finding ready(
      Observed seen, Finding etcd, Finding injected, Finding held, SettingsPlan settings) {
    if (!etcd.status().equals("True")) {
      return new Finding(READY, etcd.status(), etcd.reason(), etcd.message());
    }
    if (settings instanceof SettingsPlan.Wait(var until, var _)) {
      return new Finding(
          READY,
          "False",
          "EtcdRestored",
          "etcd was restored or replaced: nobody is granted the lock before "
              + until.truncatedTo(ChronoUnit.SECONDS)
              + ", when no earlier holder can run any more.");
    }
    if (settings instanceof SettingsPlan.BeginEpoch) {
      return new Finding(
          READY,
          "False",
          "EtcdRestored",
          "etcd was restored or replaced: a new epoch is about to begin.");
    }
    if (!injected.status().equals("True")) {
      return new Finding(READY, "False", injected.reason(), injected.message());
    }
    List<String> unreadable = seen.lock().view().problems();
    if (!unreadable.isEmpty()) {
      String sentence = listed(unreadable.stream().sorted().toList());
      return new Finding(
          READY,
          "False",
          "UnreadableKey",
          sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1) + ".");
    }
    return new Finding(READY, "True", held.reason(), held.message());
  }

  private static Condition condition(Finding finding, Observed seen) {
    Optional<Condition> before = condition(seen.before(), finding.type());
    String since =
        before
            .filter(condition -> condition.status().equals(finding.status()))
            .map(Condition::lastTransitionTime)
            .orElse(seen.now().truncatedTo(ChronoUnit.SECONDS).toString());
    return new Condition(
        finding.type(),
        finding.status(),
        seen.claim().getMetadata().getGeneration(),
        since,
        finding.reason(),
        finding.message());
  }

  private static String listed(List<String> names) {
    String first = names.stream().limit(NAMED).collect(Collectors.joining(", "));
    return names.size() <= NAMED ? first : first + " and " + (names.size() - NAMED) + " more";
  }
}
