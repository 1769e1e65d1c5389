package dev.lockclaim.operator.apply;

import dev.lockclaim.operator.decide.SettingsPlan;
import dev.lockclaim.operator.etcd.EtcdProblem;
import dev.lockclaim.operator.etcd.LockWriter;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.Observed;
import dev.lockclaim.operator.observe.ObservedLock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of settings. It keeps, for each lock, since when it waits in a restored etcd; a
 * restart of the operator begins that wait anew, which is safe.
 */
public final class SettingsWriter {
  private static final Logger LOG = LoggerFactory.getLogger(SettingsWriter.class);

  // Each write makes a grant that is on its way fail once, so a lock's settings may not change
  // faster than grants can be tried again.
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private record Memory(Optional<Instant> restoreSeen, int handledSetbacks, Instant lastWrite) {}

  private final LockWriter etcd;
  private final Map<LockId, Memory> memories = new ConcurrentHashMap<>();

  public SettingsWriter(LockWriter etcd) {
    this.etcd = etcd;
  }

  /**
   * What is to be done, with what is remembered of the lock. That etcd was restored is not believed
   * before a read made now says so: our watch may be behind what another replica has written into
   * the status.
   */
  public SettingsPlan plan(LockId lock, Observed seen) {
    if (!seen.health().ok()) {
      return new SettingsPlan.Keep();
    }
    Memory memory = memory(lock, seen);
    SettingsPlan plan = SettingsPlan.decide(seen, memory.restoreSeen(), memory.handledSetbacks());
    if (!(plan instanceof SettingsPlan.Wait) || memory.restoreSeen().isPresent()) {
      return plan;
    }
    try {
      return SettingsPlan.decide(
          seen.withEtcd(etcd.readIdentity(seen.etcd())),
          memory.restoreSeen(),
          memory.handledSetbacks());
    } catch (EtcdProblem e) {
      LOG.warn("Lock {}: {}", lock, e.getMessage());
      return new SettingsPlan.Keep();
    }
  }

  /**
   * Does it.
   *
   * @return how long to wait before looking again, zero if nothing is pending
   */
  public Duration carryOut(LockId lock, Observed seen, SettingsPlan plan) throws EtcdProblem {
    return switch (plan) {
      case SettingsPlan.Keep() -> Duration.ZERO;
      case SettingsPlan.Write write -> write(lock, seen, write);
      case SettingsPlan.Wait wait -> waitOut(lock, seen, wait);
      case SettingsPlan.BeginEpoch begin -> begin(lock, seen, begin);
    };
  }

  private Duration write(LockId lock, Observed seen, SettingsPlan.Write plan) throws EtcdProblem {
    Memory memory = memory(lock, seen);
    Duration since = Duration.between(memory.lastWrite(), seen.now());
    if (since.compareTo(PAUSE) < 0) {
      return PAUSE.minus(since);
    }
    if (etcd.putSettings(lock, plan.settings(), plan.seenRevision())) {
      LOG.info("Lock {}: settings written: {}", lock, plan.settings());
    }
    memories.put(lock, new Memory(memory.restoreSeen(), memory.handledSetbacks(), seen.now()));
    return PAUSE;
  }

  private Duration waitOut(LockId lock, Observed seen, SettingsPlan.Wait plan) throws EtcdProblem {
    Memory memory = memory(lock, seen);
    if (memory.restoreSeen().isEmpty()) {
      LOG.warn(
          "Lock {}: etcd was restored or replaced; nobody is granted the lock before {}",
          lock,
          plan.until());
      memories.put(
          lock, new Memory(Optional.of(seen.now()), memory.handledSetbacks(), memory.lastWrite()));
    }
    // Settings for another etcd no sidecar believes anyway, and they tell a later operator what has
    // happened: they stay.
    if (namesThisEtcd(seen) && etcd.deleteSettings(lock, seen.lock())) {
      LOG.warn("Lock {}: settings deleted until its new epoch", lock);
    }
    return Duration.between(seen.now(), plan.until()).plusMillis(1);
  }

  private Duration begin(LockId lock, Observed seen, SettingsPlan.BeginEpoch plan)
      throws EtcdProblem {
    if (etcd.beginEpoch(lock, seen.lock(), plan.settings(), plan.seenRevision())) {
      LOG.warn("Lock {}: epoch {} begins in the restored etcd", lock, plan.settings().epoch());
      memories.put(lock, new Memory(Optional.empty(), seen.etcd().setbacks(), seen.now()));
    }
    return PAUSE;
  }

  /** Nobody is granted a lock without a claim. */
  public void withdraw(LockId lock, ObservedLock seen) throws EtcdProblem {
    if (seen.settingsRevision() > 0 && etcd.deleteSettings(lock, seen)) {
      LOG.info("Lock {}: settings deleted, there is no such LockClaim", lock);
    }
    if (seen.request().isPresent()) {
      etcd.deleteRequest(lock);
    }
    memories.remove(lock);
  }

  private Memory memory(LockId lock, Observed seen) {
    // A claim without a status was never granted anything here, so it has nothing to fear from
    // before.
    return memories.computeIfAbsent(
        lock,
        _ ->
            new Memory(
                Optional.empty(),
                seen.before().isEmpty() ? seen.etcd().setbacks() : 0,
                Instant.EPOCH));
  }

  private static boolean namesThisEtcd(Observed seen) {
    return seen.lock()
        .settings()
        .filter(settings -> settings.clusterId() == seen.etcd().clusterId())
        .isPresent();
  }
}
