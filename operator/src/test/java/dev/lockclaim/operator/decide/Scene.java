package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Snapshot;
import dev.lockclaim.operator.observe.EtcdHealth;
import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.Observed;
import dev.lockclaim.operator.observe.ObservedLock;
import dev.lockclaim.operator.observe.PodFacts;
import dev.lockclaim.operator.testing.LockClaims;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds observations for the tables, a line at a time. */
final class Scene {
  static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  static final long CLUSTER = 0xaa;

  private final LockClaim claim = LockClaims.named("payments", "billing");
  private final List<Entry> keys = new ArrayList<>();
  private final List<PodFacts> pods = new ArrayList<>();
  private ObservedLock earlier = ObservedLock.EMPTY;
  private LockClaimStatus before;
  private EtcdHealth health = EtcdHealth.reachable("3.6.16");
  private EtcdIdentity etcd = new EtcdIdentity(CLUSTER, 1000, 1000, 0);
  private String newestRevision = "";

  Scene() {
    claim.getMetadata().setUid("claim");
    claim.getMetadata().setGeneration(1L);
  }

  Scene spec(LockClaimSpec spec) {
    claim.setSpec(spec);
    return this;
  }

  Scene suspended() {
    LockClaimSpec all = LockClaimSpec.defaults();
    return spec(new LockClaimSpec(1, all.lease(), all.gate(), all.handover(), true));
  }

  Scene asked(String to) {
    claim.getMetadata().setAnnotations(Map.of("lockclaim.dev/handover-to", to));
    return this;
  }

  Scene settings(long epoch, long clusterId) {
    Settings settings =
        new Settings(1, 0, "NewestRevision", "", false, epoch, clusterId, "claim", 7);
    return key(LockKeys.SETTINGS, LockCodec.settings(settings), 7, 0);
  }

  /** As {@code lockclaim run} writes them. */
  Scene settingsOfNoClaim() {
    return key(LockKeys.SETTINGS, LockCodec.settings(Settings.defaults(1, CLUSTER)), 7, 0);
  }

  /** A value of another version. */
  Scene unreadable(String key) {
    return key(key, "{\"v\":2}", 9, 0);
  }

  Scene holds(int slot, String pod, long epoch, long revision) {
    return granted(slot, pod, epoch, revision, Holder.VIA_QUEUE);
  }

  Scene holdsSince(Instant grant, String pod, long revision) {
    String value = LockCodec.holder(identity(pod), 1, 0, grant.toEpochMilli(), Holder.VIA_QUEUE);
    return key(LockKeys.holder(0), value, revision, 1);
  }

  Scene handed(int slot, String pod, long revision) {
    return granted(slot, pod, 0, revision, Holder.VIA_HANDOVER);
  }

  Scene ledger(int slot, long revision) {
    return ledger(slot, 0, revision);
  }

  Scene ledger(int slot, long epoch, long revision) {
    return key(LockKeys.ledger(slot), LockCodec.ledger(Identity.NOBODY, epoch), revision, 0);
  }

  Scene queues(String... names) {
    for (String name : names) {
      int place = 10 + keys.size();
      key(LockKeys.queue(place), LockCodec.queue(identity(name)), place, place);
    }
    return this;
  }

  Scene requested(String to, String id) {
    return key(LockKeys.REQUEST, LockCodec.request(to, id), 8, 0);
  }

  Scene pod(String name, String role, Long token) {
    return pod(
        name, role, token, role.equals("active") ? Roles.HOLDER_DELETION_COST : "", true, null);
  }

  Scene pod(String name, String role, Long token, String cost, boolean injected, Instant over) {
    pods.add(
        new PodFacts(
            name,
            "uid-" + name,
            "r",
            Optional.empty(),
            role,
            Optional.ofNullable(token),
            cost,
            injected,
            0,
            Optional.ofNullable(over)));
    return this;
  }

  Scene newest(String revision) {
    newestRevision = revision;
    return this;
  }

  Scene etcd(long clusterId, long revision, int setbacks) {
    etcd = new EtcdIdentity(clusterId, revision, revision, setbacks);
    return this;
  }

  Scene health(EtcdHealth now) {
    health = now;
    return this;
  }

  Scene remembered(long clusterId, long epoch, long lastToken) {
    before =
        new LockClaimStatus(
            1L,
            List.of(),
            0,
            0L,
            null,
            new LockClaimStatus.Etcd(LockKeys.hex(clusterId), epoch, lastToken),
            List.of());
    return this;
  }

  Scene before(LockClaimStatus status) {
    before = status;
    return this;
  }

  /** What is built from here on is what came after what has been built so far. */
  Scene then() {
    earlier = lock();
    keys.clear();
    return this;
  }

  ObservedLock lock() {
    return earlier.then(LockView.of(new Snapshot(CLUSTER, 1000, keys)));
  }

  private Scene granted(int slot, String pod, long epoch, long revision, String via) {
    String value = LockCodec.holder(identity(pod), 1, epoch, 0, via);
    return key(LockKeys.holder(slot), value, revision, 1);
  }

  private Scene key(String key, String value, long revision, long lease) {
    keys.add(new Entry(key, value, revision, revision, lease));
    return this;
  }

  private static Identity identity(String pod) {
    return new Identity(pod, "uid-" + pod, "n", "r", 1);
  }

  Observed seen() {
    return new Observed(
        claim, Optional.ofNullable(before), pods, lock(), health, etcd, newestRevision, NOW);
  }
}
