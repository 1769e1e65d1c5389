package dev.lockclaim.operator.etcd;

import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Snapshot;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.ObservedLock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All locks below the prefix: a fold of whole reads, and of what the watch brings in between. One
 * thread folds, any thread may ask.
 */
final class Locks {
  private final Map<LockId, ObservedLock> locks = new ConcurrentHashMap<>();

  ObservedLock get(LockId lock) {
    return locks.getOrDefault(lock, ObservedLock.EMPTY);
  }

  Set<LockId> ids() {
    return Set.copyOf(locks.keySet());
  }

  /**
   * Takes a read of everything for the truth.
   *
   * @return the locks that are no longer what they were
   */
  Set<LockId> read(Snapshot all) {
    // How the last grants of a lock ended that is no more: whoever listens has heard it by now.
    locks.values().removeIf(lock -> lock.view().isEmpty());
    Map<LockId, List<Entry>> entries = new HashMap<>();
    for (Entry entry : all.entries()) {
      LockId.ofKey(entry.key())
          .ifPresent(
              lock ->
                  entries.computeIfAbsent(lock, _ -> new ArrayList<>()).add(below(lock, entry)));
    }
    Set<LockId> concerned = new HashSet<>(locks.keySet());
    concerned.addAll(entries.keySet());
    Map<LockId, LockView> views = new HashMap<>();
    for (LockId lock : concerned) {
      List<Entry> own = entries.getOrDefault(lock, List.of());
      views.put(lock, LockView.of(new Snapshot(all.clusterId(), all.revision(), own)));
    }
    return take(views);
  }

  /**
   * Takes what has changed at one revision.
   *
   * @return the locks that are no longer what they were
   */
  Set<LockId> changed(List<Change> together) {
    Map<LockId, List<Change>> changes = new HashMap<>();
    for (Change change : together) {
      Optional<LockId> lock = LockId.ofKey(key(change));
      lock.ifPresent(
          id -> changes.computeIfAbsent(id, _ -> new ArrayList<>()).add(below(id, change)));
    }
    Map<LockId, LockView> views = new HashMap<>();
    changes.forEach((lock, own) -> views.put(lock, get(lock).view().apply(own)));
    return take(views);
  }

  private Set<LockId> take(Map<LockId, LockView> views) {
    Set<LockId> changed = new HashSet<>();
    views.forEach(
        (lock, view) -> {
          ObservedLock before = get(lock);
          ObservedLock now = before.then(view);
          if (!now.sameAs(before)) {
            changed.add(lock);
          }
          locks.put(lock, now);
        });
    return changed;
  }

  private static String key(Change change) {
    return switch (change) {
      case Change.Put(Entry entry) -> entry.key();
      case Change.Delete(String key, long _) -> key;
    };
  }

  private static Change below(LockId lock, Change change) {
    return switch (change) {
      case Change.Put(Entry entry) -> new Change.Put(below(lock, entry));
      case Change.Delete(String key, long revision) ->
          new Change.Delete(key.substring(lock.folder().length()), revision);
    };
  }

  private static Entry below(LockId lock, Entry entry) {
    return new Entry(
        entry.key().substring(lock.folder().length()),
        entry.value(),
        entry.createRevision(),
        entry.modRevision(),
        entry.lease());
  }
}
