package dev.lockclaim.lock.view;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known of a lock: a fold of snapshots and changes. Immutable; it never goes back in
 * revision. Each value is read once, however many changes follow it: a line may be long.
 */
public final class LockView {
  /** A lock of which there is nothing in etcd. */
  public static final LockView EMPTY = of(new Snapshot(0, 0, List.of()));

  private final long clusterId;
  private final long revision;
  private final Map<String, Known> keys;
  private final Optional<Settings> settings;
  private final List<Queued> queue;
  private final Map<Integer, Holder> holders;
  private final Map<Integer, Ledger> ledgers;
  private final Optional<Request> request;
  private final List<String> problems;

  private LockView(long clusterId, long revision, Map<String, Known> keys) {
    this.clusterId = clusterId;
    this.revision = revision;
    this.keys = keys;
    Settings lastSettings = null;
    Request lastRequest = null;
    List<Queued> line = new ArrayList<>();
    Map<Integer, Holder> held = new HashMap<>();
    Map<Integer, Ledger> granted = new HashMap<>();
    List<String> unclear = new ArrayList<>();
    for (Known known : keys.values()) {
      switch (known) {
        case Known.Place place -> line.add(place.queued());
        case Known.Held holder -> held.put(holder.holder().slot(), holder.holder());
        case Known.Granted ledger -> granted.put(ledger.ledger().slot(), ledger.ledger());
        case Known.Rules rules -> lastSettings = rules.settings();
        case Known.Wish wish -> lastRequest = wish.request();
        case Known.Unreadable _ -> {}
      }
      if (!known.understood()) {
        unclear.add(problem(known.entry().key()));
      }
    }
    line.sort(Comparator.comparingLong(Queued::createRevision));
    settings = Optional.ofNullable(lastSettings);
    request = Optional.ofNullable(lastRequest);
    queue = List.copyOf(line);
    holders = Map.copyOf(held);
    ledgers = Map.copyOf(granted);
    problems = List.copyOf(unclear);
  }

  /** The view that a read gives. */
  public static LockView of(Snapshot snapshot) {
    return of(snapshot, Map.of());
  }

  private static LockView of(Snapshot snapshot, Map<String, Known> before) {
    Map<String, Known> keys = HashMap.newHashMap(snapshot.entries().size());
    for (Entry entry : snapshot.entries()) {
      Known known = before.get(entry.key());
      boolean same = known != null && known.entry().equals(entry);
      keys.put(entry.key(), same ? known : Known.of(entry));
    }
    return new LockView(snapshot.clusterId(), snapshot.revision(), keys);
  }

  /**
   * Whether the snapshot cannot be of the etcd that this view is of. A view knows every key at its
   * revision: what was last written up to then must be what it knows. A restored etcd may have gone
   * past the view's revision, but not with the same keys.
   */
  public boolean contradictedBy(Snapshot snapshot) {
    return snapshot.clusterId() != clusterId
        || snapshot.entries().stream()
            .filter(entry -> entry.modRevision() <= revision)
            .anyMatch(
                entry -> {
                  Known known = keys.get(entry.key());
                  return snapshot.revision() >= revision
                      && (known == null || !known.entry().equals(entry));
                });
  }

  /** This view or the snapshot's, whichever is newer. */
  public LockView merge(Snapshot snapshot) {
    return snapshot.revision() >= revision ? of(snapshot, keys) : this;
  }

  /** The view after changes; those that it knows already are passed over. */
  public LockView apply(List<Change> changes) {
    Map<String, Known> next = new HashMap<>(keys);
    long latest = revision;
    for (Change change : changes) {
      if (change.revision() <= revision) {
        continue;
      }
      switch (change) {
        case Change.Put(Entry entry) -> next.put(entry.key(), Known.of(entry));
        case Change.Delete(String key, long _) -> next.remove(key);
      }
      latest = Math.max(latest, change.revision());
    }
    return latest == revision ? this : new LockView(clusterId, latest, next);
  }

  /** The holders under a lease, oldest grant first. */
  public List<Holder> heldBy(long lease) {
    return holders.values().stream()
        .filter(holder -> holder.lease() == lease)
        .sorted(Comparator.comparingLong(Holder::modRevision))
        .toList();
  }

  /** The place in line of a lease. */
  public Optional<Queued> queued(long lease) {
    return queue.stream().filter(candidate -> candidate.lease() == lease).findFirst();
  }

  /** A key as etcd has it, whether it can be read or not. */
  public Optional<Entry> entry(String key) {
    return Optional.ofNullable(keys.get(key)).map(Known::entry);
  }

  /** Whether there is nothing of the lock in etcd. */
  public boolean isEmpty() {
    return keys.isEmpty();
  }

  /** Whether the other one has the same keys, at whatever revision it was seen. */
  public boolean sameKeys(LockView other) {
    return keys.equals(other.keys);
  }

  /** Whether a key is there that says nothing to this version. */
  public boolean unreadable(String key) {
    Known known = keys.get(key);
    return known != null && !known.understood();
  }

  /** What to say of a key that says nothing to this version. */
  public static String problem(String key) {
    return "etcd key "
        + key
        + " was not written by a Lockclaim of this version; delete it or upgrade";
  }

  /** The etcd cluster that it is of. */
  public long clusterId() {
    return clusterId;
  }

  /** Everything up to this revision is in it. */
  public long revision() {
    return revision;
  }

  /** What the operator says, if anything. */
  public Optional<Settings> settings() {
    return settings;
  }

  /** Those in line, first one first. */
  public List<Queued> queue() {
    return queue;
  }

  /** Who holds, by slot. */
  public Map<Integer, Holder> holders() {
    return holders;
  }

  /** Grants that were not given back yet, by slot. */
  public Map<Integer, Ledger> ledgers() {
    return ledgers;
  }

  /** The hand-over that is asked for, if one is. */
  public Optional<Request> request() {
    return request;
  }

  /** Keys that cannot be read, each with what to do about it. */
  public List<String> problems() {
    return problems;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LockView view
        && clusterId == view.clusterId
        && revision == view.revision
        && keys.equals(view.keys);
  }

  @Override
  public int hashCode() {
    return Objects.hash(clusterId, revision, keys);
  }
}
