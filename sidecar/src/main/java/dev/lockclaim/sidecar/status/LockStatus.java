package dev.lockclaim.sidecar.status;

import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A lock as etcd has it.
 *
 * @param lock namespace/name
 */
record LockStatus(String lock, LockView view) {

  /** The locks in a namespace, by name, from all of its keys. */
  static List<LockStatus> ofNamespace(String namespace, Snapshot all) {
    Map<String, List<Entry>> byName = new TreeMap<>();
    for (Entry entry : all.entries()) {
      int slash = entry.key().indexOf('/');
      if (slash > 0) {
        byName
            .computeIfAbsent(entry.key().substring(0, slash), name -> new ArrayList<>())
            .add(
                new Entry(
                    entry.key().substring(slash + 1),
                    entry.value(),
                    entry.createRevision(),
                    entry.modRevision(),
                    entry.lease()));
      }
    }
    List<LockStatus> locks = new ArrayList<>();
    byName.forEach(
        (name, entries) ->
            locks.add(
                of(
                    namespace + "/" + name,
                    new Snapshot(all.clusterId(), all.revision(), entries))));
    return locks;
  }

  static LockStatus of(String lock, Snapshot keys) {
    return new LockStatus(lock, LockView.of(keys));
  }

  /** 0 when nobody has used the lock yet. */
  int slots() {
    return view.settings().map(Settings::slots).orElse(0);
  }

  boolean suspended() {
    return view.settings().map(Settings::suspend).orElse(false);
  }

  List<Holder> holders() {
    return view.holders().values().stream().sorted(Comparator.comparingInt(Holder::slot)).toList();
  }

  /** Slots whose holder went away without giving them back. */
  List<Integer> vanished() {
    return view.ledgers().keySet().stream()
        .filter(slot -> !view.holders().containsKey(slot))
        .sorted()
        .toList();
  }
}
