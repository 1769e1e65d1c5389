package dev.lockclaim.operator.observe;

import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Ledger;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.lock.view.Request;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Token;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * One lock as it is in etcd, and how its last grants ended. Immutable.
 *
 * @param endings by token, as far as the watch has seen it
 */
public record ObservedLock(LockView view, Map<Long, Ending> endings) {

  // Enough for every slot to change hands once between two looks.
  private static final int ENDINGS_KEPT = 64;

  /** A lock of which there is nothing in etcd. */
  public static final ObservedLock EMPTY = new ObservedLock(LockView.EMPTY, Map.of());

  /** Copies the map. */
  public ObservedLock {
    endings = Collections.unmodifiableMap(new LinkedHashMap<>(endings));
  }

  /** The lock later on: what has ended since is told from the two views. */
  public ObservedLock then(LockView now) {
    Map<Long, Ending> known = new LinkedHashMap<>(endings);
    for (Holder old : holders()) {
      Holder holder = now.holders().get(old.slot());
      if (holder == null || holder.token() != old.token()) {
        known.put(old.token(), ending(old, Optional.ofNullable(holder), now));
      }
    }
    while (known.size() > ENDINGS_KEPT) {
      known.remove(known.keySet().iterator().next());
    }
    return new ObservedLock(now, known);
  }

  private static Ending ending(Holder old, Optional<Holder> next, LockView now) {
    if (next.isPresent()) {
      // Granted to another between two looks: a hand-over says so itself. A grant from the queue
      // comes after a release or a loss, and looks are missed when etcd was away, so a loss is the
      // better guess.
      return next.get().via().equals(Holder.VIA_HANDOVER) ? Ending.HANDED_OVER : Ending.LOST;
    }
    Ledger ledger = now.ledgers().get(old.slot());
    return ledger != null && ledger.token() == old.token() ? Ending.LOST : Ending.RELEASED;
  }

  /** Who holds, by slot. */
  public List<Holder> holders() {
    return view.holders().values().stream().sorted(Comparator.comparingInt(Holder::slot)).toList();
  }

  /** Who stands in line, first in line first. */
  public List<Queued> queue() {
    return view.queue();
  }

  /** What the operator has said of the lock, if it can be read. */
  public Optional<Settings> settings() {
    return view.settings();
  }

  /** When the settings were written, whether they can be read or not; 0 if there are none. */
  public long settingsRevision() {
    return view.entry(LockKeys.SETTINGS).map(Entry::modRevision).orElse(0L);
  }

  /** The hand-over that is asked for. */
  public Optional<Request> request() {
    return view.request();
  }

  /** The highest token that is to be seen, 0 if none. */
  public long highestToken() {
    return LongStream.concat(
            view.holders().values().stream().mapToLong(Holder::token),
            view.ledgers().values().stream().mapToLong(Ledger::token))
        .max()
        .orElse(0);
  }

  /** The highest epoch that is to be seen, 0 if none. */
  public long highestEpoch() {
    return Math.max(settings().map(Settings::epoch).orElse(0L), Token.epoch(highestToken()));
  }

  /** How many pods hold the lock or stand in line. */
  public int candidates() {
    return view.holders().size() + view.queue().size();
  }

  /** Whether both say the same, at whatever revision they were seen. */
  public boolean sameAs(ObservedLock other) {
    return view.sameKeys(other.view) && endings.equals(other.endings);
  }
}
