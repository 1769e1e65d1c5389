package dev.lockclaim.lock.view;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a lock: a fold of snapshots and changes. Immutable; it never goes back in
 * revision.
 *
 * @param entries by key, as etcd has them
 * @param queue first in line first
 * @param problems keys that cannot be read, each with what to do about it
 */
public record LockView(
    long clusterId,
    long revision,
    Map<String, Entry> entries,
    Optional<Settings> settings,
    List<Queued> queue,
    Map<Integer, Holder> holders,
    Map<Integer, Ledger> ledgers,
    Optional<Request> request,
    List<String> problems) {

  /** A lock of which there is nothing in etcd. */
  public static final LockView EMPTY = of(new Snapshot(0, 0, List.of()));

  /** The view that a read gives. */
  public static LockView of(Snapshot snapshot) {
    Map<String, Entry> entries = HashMap.newHashMap(snapshot.entries().size());
    snapshot.entries().forEach(entry -> entries.put(entry.key(), entry));
    return read(snapshot.clusterId(), snapshot.revision(), entries);
  }

  /** This view or the snapshot's, whichever is newer. */
  public LockView merge(Snapshot snapshot) {
    return snapshot.revision() >= revision ? of(snapshot) : this;
  }

  /** The view after changes; those that it knows already are passed over. */
  public LockView apply(List<Change> changes) {
    Map<String, Entry> next = new HashMap<>(entries);
    long latest = revision;
    for (Change change : changes) {
      if (change.revision() <= revision) {
        continue;
      }
      switch (change) {
        case Change.Put(Entry entry) -> next.put(entry.key(), entry);
        case Change.Delete(String key, long _) -> next.remove(key);
      }
      latest = Math.max(latest, change.revision());
    }
    return latest == revision ? this : read(clusterId, latest, next);
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

  private static LockView read(long clusterId, long revision, Map<String, Entry> entries) {
    Reading reading = new Reading();
    entries.values().forEach(reading::take);
    reading.queue.sort(Comparator.comparingLong(Queued::createRevision));
    return new LockView(
        clusterId,
        revision,
        Map.copyOf(entries),
        Optional.ofNullable(reading.settings),
        List.copyOf(reading.queue),
        Map.copyOf(reading.holders),
        Map.copyOf(reading.ledgers),
        Optional.ofNullable(reading.request),
        List.copyOf(reading.problems));
  }

  private static final class Reading {
    private final List<Queued> queue = new ArrayList<>();
    private final Map<Integer, Holder> holders = new HashMap<>();
    private final Map<Integer, Ledger> ledgers = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private Settings settings;
    private Request request;

    void take(Entry entry) {
      try {
        Optional<Map<String, String>> fields = LockCodec.fields(entry.value());
        if (entry.key().startsWith(LockKeys.HOLDER)) {
          // One that cannot be read still holds its slot: never a grant on top of it.
          takeHolder(entry, fields.orElse(Map.of()));
        }
        if (entry.key().startsWith(LockKeys.LEDGER)) {
          int slot = slot(entry, LockKeys.LEDGER);
          long epoch = LockCodec.numberOrZero(fields.orElse(Map.of()), "epoch");
          ledgers.put(slot, new Ledger(slot, epoch, entry.modRevision()));
        }
        if (fields.isEmpty()) {
          problem(entry);
        } else {
          take(entry, fields.get());
        }
      } catch (IllegalArgumentException e) {
        problem(entry);
      }
    }

    private void take(Entry entry, Map<String, String> fields) {
      if (entry.key().equals(LockKeys.SETTINGS)) {
        settings = LockCodec.settings(fields, entry.modRevision());
      } else if (entry.key().equals(LockKeys.REQUEST)) {
        request =
            new Request(
                fields.getOrDefault("to", Request.ANY),
                fields.getOrDefault("id", ""),
                entry.modRevision());
      } else if (entry.key().startsWith(LockKeys.QUEUE)) {
        long lease = Long.parseUnsignedLong(entry.key().substring(LockKeys.QUEUE.length()), 16);
        if (lease != entry.lease()) {
          problem(entry); // it would never go away
        } else {
          queue.add(new Queued(lease, entry.createRevision(), LockCodec.identity(fields)));
        }
      }
    }

    private void takeHolder(Entry entry, Map<String, String> fields) {
      int slot = slot(entry, LockKeys.HOLDER);
      holders.put(
          slot,
          new Holder(
              slot,
              entry.lease(),
              LockCodec.numberOrZero(fields, "epoch"),
              LockCodec.identity(fields),
              LockCodec.numberOrZero(fields, "grantTimeMillis"),
              fields.getOrDefault("via", ""),
              entry.modRevision()));
    }

    private static int slot(Entry entry, String folder) {
      return Integer.parseInt(entry.key().substring(folder.length()));
    }

    private void problem(Entry entry) {
      problems.add(
          "etcd key "
              + entry.key()
              + " was not written by a Lockclaim of this version; delete it or upgrade");
    }
  }
}
