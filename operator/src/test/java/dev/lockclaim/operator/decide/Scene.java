package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.operator.observe.Candidate;
import dev.lockclaim.operator.observe.EtcdHealth;
import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.Grant;
import dev.lockclaim.operator.observe.Ledger;
import dev.lockclaim.operator.observe.LockKey;
import dev.lockclaim.operator.observe.LockView;
import dev.lockclaim.operator.observe.Observed;
import dev.lockclaim.operator.observe.PodFacts;
import dev.lockclaim.operator.observe.Request;
import dev.lockclaim.operator.observe.Settings;
import dev.lockclaim.operator.testing.LockClaims;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds observations for the tables, a line at a time. */
final class Scene {
  static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  static final String CLUSTER = "00000000000000aa";

  private final LockClaim claim = LockClaims.named("payments", "billing");
  private final List<LockKey> keys = new ArrayList<>();
  private final List<PodFacts> pods = new ArrayList<>();
  private LockView earlier = LockView.EMPTY;
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

  Scene settings(long epoch, String clusterId) {
    keys.add(
        new LockKey.SettingsKey(
            new Settings(1, 0, "NewestRevision", "", false, epoch, clusterId), 7));
    return this;
  }

  Scene holds(int slot, String pod, long epoch, long revision) {
    keys.add(
        new LockKey.HolderKey(
            new Grant(slot, epoch, pod, "uid-" + pod, "n", "r", 0, "queue", revision)));
    return this;
  }

  Scene handed(int slot, String pod, long revision) {
    keys.add(
        new LockKey.HolderKey(
            new Grant(slot, 0, pod, "uid-" + pod, "n", "r", 0, "handover", revision)));
    return this;
  }

  Scene ledger(int slot, long revision) {
    keys.add(new LockKey.LedgerKey(new Ledger(slot, 0, revision)));
    return this;
  }

  Scene queues(String... names) {
    for (String name : names) {
      keys.add(new LockKey.QueueKey(new Candidate(name, "uid-" + name, "r", 10 + keys.size())));
    }
    return this;
  }

  Scene requested(String to, String id) {
    keys.add(new LockKey.RequestKey(new Request(to, id)));
    return this;
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

  Scene etcd(String clusterId, long revision, int setbacks) {
    etcd = new EtcdIdentity(clusterId, revision, revision, setbacks);
    return this;
  }

  Scene health(EtcdHealth now) {
    health = now;
    return this;
  }

  Scene remembered(String clusterId, long epoch, long lastToken) {
    before =
        new LockClaimStatus(
            1L,
            List.of(),
            0,
            0L,
            null,
            new LockClaimStatus.Etcd(clusterId, epoch, lastToken),
            List.of());
    return this;
  }

  Scene before(LockClaimStatus status) {
    before = status;
    return this;
  }

  /** What is built from here on is what came after what has been built so far. */
  Scene then() {
    earlier = LockView.of(keys, earlier);
    keys.clear();
    return this;
  }

  LockView lock() {
    return LockView.of(keys, earlier);
  }

  Observed seen() {
    return new Observed(
        claim, Optional.ofNullable(before), pods, lock(), health, etcd, newestRevision, NOW);
  }
}
