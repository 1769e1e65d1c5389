package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Token;
import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.Observed;
import dev.lockclaim.operator.observe.ObservedLock;
import dev.lockclaim.operator.observe.PodFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What is to be done about the settings of a lock in etcd. */
public sealed interface SettingsPlan {
  /** They say what the claim says. */
  record Keep() implements SettingsPlan {}

  /** They are to be written. */
  record Write(Settings settings, long seenRevision) implements SettingsPlan {}

  /**
   * This is a restored etcd: what it says of holders may be long past. Nobody may be granted the
   * lock before {@code until}.
   */
  record Wait(Instant until, long seenRevision) implements SettingsPlan {}

  /**
   * It has been waited long enough: no main that was granted the lock before the restore runs any
   * more.
   */
  record BeginEpoch(Settings settings, long seenRevision) implements SettingsPlan {}

  /**
   * Decides.
   *
   * @param restoreSeen since when this etcd is known to be a restored one and this lock waits for
   *     its new epoch
   * @param handledSetbacks of the revision of this etcd, those that the lock has had its new epoch
   *     for
   */
  static SettingsPlan decide(Observed seen, Optional<Instant> restoreSeen, int handledSetbacks) {
    ObservedLock lock = seen.lock();
    long epoch = epoch(seen);
    if (restoreSeen.isEmpty() && !isRestored(seen, handledSetbacks)) {
      Settings wanted = wanted(seen, epoch);
      boolean same = lock.settings().filter(wanted::sameAs).isPresent();
      return same ? new Keep() : new Write(wanted, lock.settingsRevision());
    }
    Instant until = restoreSeen.orElse(seen.now()).plus(longestRun(seen));
    if (seen.now().isBefore(until)) {
      return new Wait(until, lock.settingsRevision());
    }
    return new BeginEpoch(wanted(seen, epoch + 1), lock.settingsRevision());
  }

  /**
   * Whether this etcd is not the one, or not as far as the one, that the lock's grants were made
   * in.
   */
  static boolean isRestored(Observed seen, int handledSetbacks) {
    EtcdIdentity now = seen.etcd();
    boolean settingsOfAnother =
        seen.lock()
            .settings()
            .filter(settings -> settings.clusterId() != now.clusterId())
            .isPresent();
    // Settings of a later epoch than the remembered one are the answer to that other etcd.
    boolean grantsInAnother =
        remembered(seen)
            .filter(
                etcd ->
                    !etcd.clusterId().equals(now.clusterIdText())
                        && epochOfSettings(seen) <= etcd.epoch())
            .isPresent();
    boolean behind =
        remembered(seen)
            .filter(
                etcd ->
                    etcd.clusterId().equals(now.clusterIdText())
                        && epochOfSettings(seen) <= etcd.epoch())
            .filter(
                etcd ->
                    Token.epoch(etcd.lastToken())
                        == etcd.epoch()) // in a new epoch revisions begin low again
            .filter(etcd -> Token.revision(etcd.lastToken()) > newestRevisionSeen(seen))
            .isPresent();
    return settingsOfAnother
        || grantsInAnother
        || behind
        || seen.etcd().setbacks() > handledSetbacks;
  }

  /** What the status remembers, if it was made when the lock had settings. */
  private static Optional<LockClaimStatus.Etcd> remembered(Observed seen) {
    return seen.remembered().filter(etcd -> etcd.clusterId() != null);
  }

  private static long epochOfSettings(Observed seen) {
    return seen.lock().settings().map(Settings::epoch).orElse(0L);
  }

  private static long newestRevisionSeen(Observed seen) {
    return Math.max(seen.etcd().revision(), Token.revision(seen.lock().highestToken()));
  }

  /** The highest epoch that is known from anywhere. */
  private static long epoch(Observed seen) {
    long epoch =
        Math.max(
            seen.lock().highestEpoch(),
            seen.remembered().map(LockClaimStatus.Etcd::epoch).orElse(0L));
    return isSettled(seen) ? epoch : Math.max(epoch, epochOfPods(seen));
  }

  /** Whether there are settings for this etcd: whoever wrote them knew the epoch. */
  private static boolean isSettled(Observed seen) {
    return seen.lock()
        .settings()
        .filter(settings -> settings.clusterId() == seen.etcd().clusterId())
        .isPresent();
  }

  /**
   * The highest epoch that a pod was labelled for: pods outlive a claim that is made anew, and run
   * no main under a lower token than they had. Not asked while there are settings, since a higher
   * epoch ends every grant of a lower one, and whoever may edit a pod can write its annotations.
   */
  private static long epochOfPods(Observed seen) {
    return seen.pods().stream()
        .filter(PodFacts::injected)
        .mapToLong(pod -> pod.token().filter(token -> token > 0).map(Token::epoch).orElse(0L))
        .max()
        .orElse(0);
  }

  /** The longest that a main granted before may still run: the longest lease and grace in use. */
  private static Duration longestRun(Observed seen) {
    LockClaimSpec.Lease lease = seen.spec().lease();
    int longest = lease.durationSeconds() + lease.effectiveStopGraceSeconds();
    for (PodFacts pod : seen.pods()) {
      longest = Math.max(longest, pod.longestStopSeconds());
    }
    return Duration.ofSeconds(longest);
  }

  private static Settings wanted(Observed seen, long epoch) {
    LockClaimSpec spec = seen.spec();
    // With no pods there is nobody to ask which revision is the newest: leave what is there.
    String newestRevision =
        seen.newestRevision().isEmpty()
            ? seen.lock().settings().map(Settings::newestRevision).orElse("")
            : seen.newestRevision();
    return new Settings(
        spec.slots(),
        spec.lease().delaySeconds(),
        spec.handover().prefer().name(),
        newestRevision,
        spec.suspend(),
        epoch,
        seen.etcd().clusterId(),
        seen.claim().getMetadata().getUid(),
        0);
  }
}
