package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.EtcdCalls;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Granted;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.Optional;

/** The beginning of a session: version, lock as it is, the former lease or a new one. Blocks. */
final class Connecting {
  /** A session is begun in peace: nothing runs that waits for it. */
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  /**
   * What a session begins with.
   *
   * @param takenUp whether the lease is the former sidecar process's
   * @param confirm whether this etcd may answer a renewal of a lease that it has ended
   */
  record Begun(
      long lease,
      long ttlSeconds,
      long sentNanos,
      Snapshot snapshot,
      boolean takenUp,
      boolean confirm) {}

  /** Why no session is to be begun, in a sentence. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean forGood;

    Refused(String message, boolean forGood) {
      super(message);
      this.forGood = forGood;
    }

    /** Whether only another etcd helps. */
    boolean forGood() {
      return forGood;
    }
  }

  private final EtcdCalls etcd;
  private final CandidateConfig config;
  private final BootClock clock;

  Connecting(EtcdCalls etcd, CandidateConfig config, BootClock clock) {
    this.etcd = etcd;
    this.config = config;
    this.clock = clock;
  }

  Begun connect(Marks marks) throws EtcdFailure, InterruptedException, Refused {
    EtcdVersion version = EtcdVersion.parse(etcd.version(DEADLINE));
    if (version.tooOld()) {
      throw new Refused(version.refusal(), true);
    }
    Snapshot snapshot = etcd.read(DEADLINE);
    if (config.defaultSlots().isPresent()
        && snapshot.entries().stream().noneMatch(e -> e.key().equals("settings"))) {
      snapshot =
          etcd.step(
                  Steps.defaults(config.defaultSlots().getAsInt(), snapshot.clusterId()), DEADLINE)
              .snapshot();
    }
    refuseRestored(marks, snapshot);
    if (marks.lease() != 0 && sameEtcd(marks, snapshot)) {
      long lease = marks.lease();
      boolean used = snapshot.entries().stream().anyMatch(entry -> entry.lease() == lease);
      long sent = clock.nanos();
      long ttl = used ? etcd.renew(lease, DEADLINE).ttlSeconds() : 0;
      if (ttl > 0) {
        Snapshot after = etcd.read(DEADLINE);
        refuseRestored(marks, after); // it may have been restored since the first read
        return new Begun(lease, ttl, sent, after, true, version.confirm());
      }
    }
    long sent = clock.nanos();
    Granted granted = etcd.grant(config.ttlSeconds(), DEADLINE);
    return new Begun(
        granted.lease(), granted.ttlSeconds(), sent, snapshot, false, version.confirm());
  }

  private static void refuseRestored(Marks marks, Snapshot snapshot) throws Refused {
    Optional<String> restored = restored(marks, snapshot);
    if (restored.isPresent()) {
      throw new Refused(restored.get(), false);
    }
  }

  private static boolean sameEtcd(Marks marks, Snapshot snapshot) {
    return marks.clusterId() == snapshot.clusterId() && snapshot.revision() >= marks.revision();
  }

  /** A restored etcd knows nothing of what ran since its backup: only a new epoch makes it safe. */
  private static Optional<String> restored(Marks marks, Snapshot snapshot) {
    if (marks.clusterId() == 0 || sameEtcd(marks, snapshot)) {
      return Optional.empty();
    }
    Optional<Settings> settings = dev.lockclaim.lock.view.LockView.of(snapshot).settings();
    boolean newEpoch =
        settings.isPresent()
            && settings.get().epoch() > marks.epoch()
            && settings.get().clusterId() == snapshot.clusterId();
    return newEpoch
        ? Optional.empty()
        : Optional.of(
            "etcd was restored or replaced; nothing is granted here until the operator has begun"
                + " a new epoch for the claim (for a claim made anew, delete this pod; of lockclaim run, the lock's folder in --state-dir)");
  }
}
