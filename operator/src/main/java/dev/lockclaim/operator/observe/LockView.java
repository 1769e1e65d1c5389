package dev.lockclaim.operator.observe;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One lock as it is in etcd at one revision. Immutable.
 *
 * @param settingsRevision mod_revision of the settings, 0 if there are none
 * @param grants by slot
 * @param ledgers by slot
 * @param queue first in line first
 * @param endings how the last grants ended, by token, as far as the watch has seen it
 */
public record LockView(
    Optional<Settings> settings,
    long settingsRevision,
    SortedMap<Integer, Grant> grants,
    SortedMap<Integer, Ledger> ledgers,
    List<Candidate> queue,
    Optional<Request> request,
    Map<Long, Ending> endings) {

  // Enough for every slot to change hands once between two looks.
  private static final int ENDINGS_KEPT = 64;

  /** A lock of which there is nothing in etcd. */
  public static final LockView EMPTY =
      new LockView(
          Optional.empty(),
          0,
          new TreeMap<>(),
          new TreeMap<>(),
          List.of(),
          Optional.empty(),
          Map.of());

  /** Copies the collections. */
  public LockView {
    grants = Collections.unmodifiableSortedMap(new TreeMap<>(grants));
    ledgers = Collections.unmodifiableSortedMap(new TreeMap<>(ledgers));
    queue = List.copyOf(queue);
    endings = Collections.unmodifiableMap(new LinkedHashMap<>(endings));
  }

  /**
   * The view of these keys.
   *
   * @param before the view that this one follows: what has ended since is told from the two
   */
  public static LockView of(Collection<LockKey> keys, LockView before) {
    Optional<LockKey.SettingsKey> settings = Optional.empty();
    SortedMap<Integer, Grant> grants = new TreeMap<>();
    SortedMap<Integer, Ledger> ledgers = new TreeMap<>();
    List<Candidate> queue = new ArrayList<>();
    Optional<Request> request = Optional.empty();
    for (LockKey key : keys) {
      switch (key) {
        case LockKey.SettingsKey found -> settings = Optional.of(found);
        case LockKey.HolderKey(var grant) -> grants.put(grant.slot(), grant);
        case LockKey.LedgerKey(var ledger) -> ledgers.put(ledger.slot(), ledger);
        case LockKey.QueueKey(var candidate) -> queue.add(candidate);
        case LockKey.RequestKey(var asked) -> request = Optional.of(asked);
      }
    }
    queue.sort(Comparator.comparingLong(Candidate::createRevision));
    return new LockView(
        settings.map(LockKey.SettingsKey::settings),
        settings.map(LockKey.SettingsKey::modRevision).orElse(0L),
        grants,
        ledgers,
        queue,
        request,
        endings(before, grants, ledgers));
  }

  /** The highest token that is to be seen, 0 if none. */
  public long highestToken() {
    long highest = 0;
    for (Grant grant : grants.values()) {
      highest = Math.max(highest, grant.token());
    }
    for (Ledger ledger : ledgers.values()) {
      highest = Math.max(highest, ledger.token());
    }
    return highest;
  }

  /**
   * Ledgers of slots that the claim no longer has and nobody holds: a delay out of nothing, if the
   * slot comes back.
   */
  public List<Ledger> ledgersToClear(int slots) {
    return ledgers.values().stream()
        .filter(ledger -> ledger.slot() >= slots && !grants.containsKey(ledger.slot()))
        .toList();
  }

  /** How many pods hold the lock or stand in line. */
  public int candidates() {
    return grants.size() + queue.size();
  }

  /** Whether nothing is known of this lock. */
  public boolean isEmpty() {
    return settings.isEmpty()
        && grants.isEmpty()
        && ledgers.isEmpty()
        && queue.isEmpty()
        && request.isEmpty();
  }

  private static Map<Long, Ending> endings(
      LockView before, Map<Integer, Grant> grants, Map<Integer, Ledger> ledgers) {
    Map<Long, Ending> endings = new LinkedHashMap<>(before.endings);
    for (Grant old : before.grants.values()) {
      Grant now = grants.get(old.slot());
      if (now != null && now.token() == old.token()) {
        continue;
      }
      Ledger ledger = ledgers.get(old.slot());
      Ending ending;
      if (now != null) {
        // Granted to another between two looks: a hand-over says so itself. A grant from the queue
        // comes after a release or a loss,
        // and looks are missed when etcd was away, so a loss is the better guess.
        ending = now.via().equals("handover") ? Ending.HANDED_OVER : Ending.LOST;
      } else {
        ending = ledger != null && ledger.token() == old.token() ? Ending.LOST : Ending.RELEASED;
      }
      endings.put(old.token(), ending);
    }
    while (endings.size() > ENDINGS_KEPT) {
      endings.remove(endings.keySet().iterator().next());
    }
    return endings;
  }
}
