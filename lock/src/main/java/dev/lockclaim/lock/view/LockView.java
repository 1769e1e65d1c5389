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
  private final Line line;
  private final Map<String, Known> others;
  private final Optional<Settings> settings;
  private final Map<Integer, Holder> holders;
  private final Map<Integer, Ledger> ledgers;
  private final Optional<Request> request;
  private final List<String> problems;

  private LockView(long clusterId, long revision, Line line, Map<String, Known> others) {
    this.clusterId = clusterId;
    this.revision = revision;
    this.line = line;
    this.others = others;
    Settings lastSettings = null;
    Request lastRequest = null;
    Map<Integer, Holder> held = new HashMap<>();
    Map<Integer, Ledger> granted = new HashMap<>();
    List<String> unclear = new ArrayList<>();
    for (Known known : others.values()) {
      switch (known) {
        case Known.Held holder -> held.put(holder.holder().slot(), holder.holder());
        case Known.Granted ledger -> granted.put(ledger.ledger().slot(), ledger.ledger());
        case Known.Rules rules -> lastSettings = rules.settings();
        case Known.Wish wish -> lastRequest = wish.request();
        case Known.Place _, Known.Unreadable _ -> {}
      }
      if (!known.understood()) {
        unclear.add(problem(known.entry().key()));
      }
    }
    settings = Optional.ofNullable(lastSettings);
    request = Optional.ofNullable(lastRequest);
    holders = Map.copyOf(held);
    ledgers = Map.copyOf(granted);
    problems = List.copyOf(unclear);
  }

  /** The same keys, later. */
  private LockView(LockView same, long revision, Line line) {
    clusterId = same.clusterId;
    this.revision = revision;
    this.line = line;
    others = same.others;
    settings = same.settings;
    request = same.request;
    holders = same.holders;
    ledgers = same.ledgers;
    problems = same.problems;
  }

  /** The view that a read gives. */
  public static LockView of(Snapshot snapshot) {
    return of(snapshot, Map.of());
  }

  private static LockView of(Snapshot snapshot, Map<String, Known> before) {
    List<Known.Place> places = new ArrayList<>();
    Map<String, Known> others = new HashMap<>();
    for (Entry entry : snapshot.entries()) {
      Known known = before.get(entry.key());
      if (known == null || !known.entry().equals(entry)) {
        known = Known.of(entry);
      }
      if (known instanceof Known.Place place) {
        places.add(place);
      } else {
        others.put(entry.key(), known);
      }
    }
    return new LockView(snapshot.clusterId(), snapshot.revision(), Line.of(places), others);
  }

  private Map<String, Known> keys() {
    Map<String, Known> keys = new HashMap<>(others);
    line.places().forEach(place -> keys.put(place.entry().key(), place));
    return keys;
  }

  /**
   * Whether the snapshot cannot be of the etcd that this view is of. A view knows every key at its
   * revision: what was last written up to then must be what it knows. A restored etcd may have gone
   * past the view's revision, but not with the same keys.
   */
  public boolean contradictedBy(Snapshot snapshot) {
    if (snapshot.clusterId() != clusterId) {
      return true;
    }
    if (snapshot.revision() < revision) {
      return false;
    }
    Map<String, Known> keys = keys();
    return snapshot.entries().stream()
        .filter(entry -> entry.modRevision() <= revision)
        .anyMatch(
            entry -> {
              Known known = keys.get(entry.key());
              return known == null || !known.entry().equals(entry);
            });
  }

  /** This view or the snapshot's, whichever is newer. */
  public LockView merge(Snapshot snapshot) {
    return snapshot.revision() >= revision ? of(snapshot, keys()) : this;
  }

  /** The view after changes; those that it knows already are passed over. */
  public LockView apply(List<Change> changes) {
    Line nextLine = line;
    Map<String, Known> nextOthers = new HashMap<>(others);
    boolean onlyLine = true;
    long latest = revision;
    for (Change change : changes) {
      if (change.revision() <= revision) {
        continue;
      }
      latest = Math.max(latest, change.revision());
      nextLine = nextLine.without(change.key());
      onlyLine &= nextOthers.remove(change.key()) == null;
      if (change instanceof Change.Put(Entry entry)) {
        Known known = Known.of(entry);
        if (known instanceof Known.Place place) {
          nextLine = nextLine.with(place);
        } else {
          nextOthers.put(change.key(), known);
          onlyLine = false;
        }
      }
    }
    if (latest == revision) {
      return this;
    }
    return onlyLine
        ? new LockView(this, latest, nextLine)
        : new LockView(clusterId, latest, nextLine, nextOthers);
  }

  /** The holders under a lease, oldest grant first. */
  public List<Holder> heldBy(long lease) {
    List<Holder> held = new ArrayList<>(1); // more than one only of several slots, and not for long
    for (Holder holder : holders.values()) {
      if (holder.lease() == lease) {
        held.add(holder);
      }
    }
    if (held.size() > 1) {
      held.sort(Comparator.comparingLong(Holder::modRevision));
    }
    return held;
  }

  /** The place in line of a lease. */
  public Optional<Queued> queued(long lease) {
    int index = line.index(lease);
    return index < 0 ? Optional.empty() : Optional.of(line.queue().get(index));
  }

  /** The place in line of a lease as people count; 0 without one. */
  public int position(long lease) {
    return line.index(lease) + 1;
  }

  /** A key as etcd has it, whether it can be read or not. */
  public Optional<Entry> entry(String key) {
    return Optional.ofNullable(others.get(key)).or(() -> line.place(key)).map(Known::entry);
  }

  /** Whether there is nothing of the lock in etcd. */
  public boolean isEmpty() {
    return others.isEmpty() && line.queue().isEmpty();
  }

  /** Whether the other one has the same keys, at whatever revision it was seen. */
  public boolean sameKeys(LockView other) {
    return line.equals(other.line) && others.equals(other.others);
  }

  /** Whether a key is there that says nothing to this version. */
  public boolean unreadable(String key) {
    Known known = others.get(key);
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
    return line.queue();
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
        && sameKeys(view);
  }

  @Override
  public int hashCode() {
    return Objects.hash(clusterId, revision, line, others);
  }
}
