package dev.lockclaim.lock.etcd;

import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * An etcd in memory, with one lock in it: revisions, leases, transactions, a log to watch. It is
 * held against a real etcd by StoreModelTest. Time is what it is told; nothing ends by itself.
 */
public final class TestingStore implements EtcdCalls {
  /** A lease: etcd never ends it before its expiry, and any time after. */
  public record Lease(long ttlNanos, long expiryNanos) {}

  private static final long FIRST_LEASE = 100;

  private Map<String, Entry> keys = new TreeMap<>();
  private Map<Long, Lease> leases = new TreeMap<>();
  private Map<Long, Long> endedTtls = new TreeMap<>();
  private List<List<Change>> log = new ArrayList<>();
  private boolean shared; // with a copy: what is in the collections does not change any more
  private long clusterId;
  private long revision = 1;
  private long nextLease = FIRST_LEASE;
  private long nowNanos;
  private final boolean old;

  /** An empty one of a version that keeps its word. */
  public TestingStore(long clusterId) {
    this(clusterId, false);
  }

  /**
   * An empty one.
   *
   * @param old of a version that answers a renewal of an ended lease as if it were there
   */
  public TestingStore(long clusterId, boolean old) {
    this.clusterId = clusterId;
    this.old = old;
  }

  /** What a request ends with that is not answered. */
  public static EtcdFailure noAnswer(String why) {
    return new EtcdFailure(EtcdFailure.Kind.UNKNOWN, why, null);
  }

  /** One of its own with the same content. */
  public TestingStore copy() {
    TestingStore copy = new TestingStore(clusterId, old);
    copy.keys = keys;
    copy.leases = leases;
    copy.endedTtls = endedTtls;
    copy.log = log;
    copy.shared = true;
    shared = true;
    copy.revision = revision;
    copy.nextLease = nextLease;
    copy.nowNanos = nowNanos;
    return copy;
  }

  private void own() {
    if (shared) {
      keys = new TreeMap<>(keys);
      leases = new TreeMap<>(leases);
      endedTtls = new TreeMap<>(endedTtls);
      log = new ArrayList<>(log);
      shared = false;
    }
  }

  /** A copy that is another cluster; leases begin anew, as they do after a restart. */
  public TestingStore restored(long newClusterId, long atNanos) {
    TestingStore copy = copy();
    copy.clusterId = newClusterId;
    copy.nowNanos = atNanos;
    copy.own();
    copy.leases.replaceAll((id, lease) -> new Lease(lease.ttlNanos(), atNanos + lease.ttlNanos()));
    return copy;
  }

  /** Tells all that is in it now, but for what it was before. */
  public void tell(LongConsumer value, LongConsumer time) {
    value.accept(clusterId);
    value.accept(revision);
    value.accept(nextLease);
    value.accept(keys.hashCode());
    leases.forEach(
        (id, lease) -> {
          value.accept(id);
          time.accept(lease.expiryNanos());
        });
  }

  /** Etcd's own clock. */
  public void now(long nanos) {
    nowNanos = nanos;
  }

  @Override
  public String version(Duration deadline) {
    return old ? "3.5.22" : "3.6.16";
  }

  @Override
  public Snapshot read(Duration deadline) {
    return snapshot();
  }

  /** All keys. */
  public Snapshot snapshot() {
    return new Snapshot(clusterId, revision, List.copyOf(keys.values()));
  }

  @Override
  public Outcome step(Step step, Duration deadline) throws EtcdFailure {
    boolean holds = step.compares().stream().allMatch(this::holds);
    if (holds) {
      for (Step.Write write : step.writes()) {
        if (write instanceof Step.Write.Put(String key, String value, long lease)
            && lease != 0
            && !leases.containsKey(lease)) {
          throw new EtcdFailure(EtcdFailure.Kind.NO_LEASE, "no lease for " + key + value, null);
        }
      }
      write(step.writes());
    }
    return new Outcome(holds, snapshot());
  }

  private boolean holds(Step.Compare compare) {
    return switch (compare) {
      case Step.Compare.Created(String key, long at) ->
          at == (keys.containsKey(key) ? keys.get(key).createRevision() : 0);
      case Step.Compare.Modified(String key, long at) ->
          at == (keys.containsKey(key) ? keys.get(key).modRevision() : 0);
    };
  }

  private void write(List<Step.Write> writes) {
    own();
    long next = revision + 1;
    Map<String, Change> changes = new LinkedHashMap<>();
    for (Step.Write write : writes) {
      switch (write) {
        case Step.Write.Put(String key, String value, long lease) -> {
          Entry old = keys.get(key);
          long created = old == null ? next : old.createRevision();
          Entry entry = new Entry(key, value, created, next, lease);
          keys.put(key, entry);
          changes.put(key, new Change.Put(entry));
        }
        case Step.Write.Delete(String key) -> delete(key, next, changes);
        case Step.Write.DeleteBelow(String folder) ->
            keys.keySet().stream()
                .filter(key -> key.startsWith(folder))
                .toList()
                .forEach(key -> delete(key, next, changes));
      }
    }
    if (!changes.isEmpty()) {
      revision = next;
      log.add(List.copyOf(changes.values()));
    }
  }

  private void delete(String key, long at, Map<String, Change> changes) {
    if (keys.remove(key) != null) {
      changes.put(key, new Change.Delete(key, at));
    }
  }

  @Override
  public Granted grant(long ttlSeconds, Duration deadline) {
    own();
    long id = nextLease++;
    leases.put(id, new Lease(ttlSeconds * 1_000_000_000, nowNanos + ttlSeconds * 1_000_000_000));
    return new Granted(id, ttlSeconds);
  }

  @Override
  public Renewed renew(long lease, Duration deadline) {
    Lease known = leases.get(lease);
    if (known == null) {
      return new Renewed(old ? endedTtls.getOrDefault(lease, 0L) : 0, clusterId);
    }
    own();
    leases.put(lease, new Lease(known.ttlNanos(), nowNanos + known.ttlNanos()));
    return new Renewed(known.ttlNanos() / 1_000_000_000, clusterId);
  }

  /** Ends a lease, and what is held under it, in one revision. */
  public void revoke(long lease) {
    own();
    Lease ended = leases.remove(lease);
    if (ended != null) {
      endedTtls.put(lease, ended.ttlNanos() / 1_000_000_000);
      write(
          keys.values().stream()
              .filter(entry -> entry.lease() == lease)
              .<Step.Write>map(entry -> new Step.Write.Delete(entry.key()))
              .toList());
    }
  }

  /** Whole seconds that are left of a lease, -1 when it is not there. */
  public long remaining(long lease) {
    Lease known = leases.get(lease);
    return known == null ? -1 : Math.max(0, (known.expiryNanos() - nowNanos) / 1_000_000_000);
  }

  /** Leases that may end now. */
  public List<Long> expired() {
    List<Long> expired = new ArrayList<>();
    leases.forEach(
        (id, lease) -> {
          if (lease.expiryNanos() <= nowNanos) {
            expired.add(id);
          }
        });
    return expired;
  }

  /** What happened from a revision on, in order. */
  public List<Change> changesFrom(long from) {
    long first = revision - log.size() + 1;
    List<Change> changes = new ArrayList<>();
    for (long at = Math.max(from, first); at <= revision; at++) {
      changes.addAll(log.get((int) (at - first)));
    }
    return changes;
  }

  /** By key. */
  public Map<String, Entry> keys() {
    return keys;
  }

  /** By id. */
  public Map<Long, Lease> leases() {
    return leases;
  }

  /** How many leases there have been. */
  public long granted() {
    return nextLease - FIRST_LEASE;
  }

  /** Now. */
  public long revision() {
    return revision;
  }

  /** Of which cluster. */
  public long clusterId() {
    return clusterId;
  }
}
