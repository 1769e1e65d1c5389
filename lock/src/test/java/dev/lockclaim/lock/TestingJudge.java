package dev.lockclaim.lock;

import dev.lockclaim.lock.TestingWorld.Broken;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.lock.view.Settings;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Sees all that happens in a world, and throws when a promise is broken. */
final class TestingJudge {
  /** A clock that is 0.4 % fast sees the claim's delay over by so much earlier. */
  private static final long DELAY_NANOS_PER_SECOND = 990_000_000L;

  int grants;
  private LockView view = LockView.EMPTY;
  private long highestToken;
  private Map<Integer, Long> vanished = Map.of();
  private Set<Long> started = Set.of();
  private Set<Long> notToRun = Set.of();
  private Set<String> named = Set.of();

  TestingJudge copy() {
    TestingJudge copy = new TestingJudge();
    copy.grants = grants;
    copy.view = view;
    copy.highestToken = highestToken;
    copy.vanished = vanished;
    copy.started = started;
    copy.notToRun = notToRun;
    copy.named = named;
    return copy;
  }

  /** Adds what its next judgements depend on, but for etcd itself. */
  void tell(TestingFingerprint print, int delaySeconds) {
    print.add(highestToken);
    print.value(started);
    print.value(notToRun);
    print.value(named);
    new TreeMap<>(vanished)
        .forEach(
            (slot, since) -> {
              print.add(slot);
              print.past(since, delaySeconds * 1_000_000_000L);
            });
  }

  private static <T> Set<T> with(Set<T> all, T one) {
    Set<T> more = new HashSet<>(all);
    more.add(one);
    return Set.copyOf(more);
  }

  private void since(int slot, long nanos) {
    Map<Integer, Long> more = new HashMap<>(vanished);
    more.put(slot, nanos);
    vanished = Map.copyOf(more);
  }

  LockView view() {
    return view;
  }

  /** Never more mains than slots; those above the slots have time to end when they are lowered. */
  void judgeMains(TestingWorld world) {
    int active = 0;
    for (TestingPod pod : world.pods) {
      active += pod.gate.mainExists() ? 1 : 0;
    }
    if (active > world.scale.slots()) {
      throw new Broken(active + " mains exist, the claim has slots for " + world.scale.slots());
    }
  }

  /** One token is one start of main. */
  void judgeStart(long token) {
    if (notToRun.contains(token) || started.contains(token)) {
      throw new Broken("token " + token + " was started twice, or in a restored etcd");
    }
    started = with(started, token);
  }

  /** Somebody named a pod to hand over to. */
  void named(String pod) {
    named = with(named, pod);
  }

  /** Another etcd is looked at from here on. */
  void restored(TestingWorld world) {
    view = LockView.of(world.store.snapshot());
    vanished = Map.of();
  }

  /** The operator has written ledgers for holders that it does not know. */
  void epochBegun(TestingWorld world) {
    for (int slot = 0; slot < world.scale.slots(); slot++) {
      since(slot, world.now);
    }
  }

  /** Etcd may have changed. */
  void look(TestingWorld world) {
    if (world.store.revision() == view.revision()) {
      return;
    }
    LockView before = view;
    LockView after =
        view.clusterId() == world.store.clusterId()
            ? view.merge(world.store.snapshot())
            : LockView.of(world.store.snapshot());
    view = after;
    for (int slot = 0; slot < world.scale.slots(); slot++) {
      Holder was = before.holders().get(slot);
      Holder is = after.holders().get(slot);
      if (is != null && (was == null || was.modRevision() != is.modRevision())) {
        judgeGrant(world, before, after, is);
      } else if (is == null && was != null && after.ledgers().containsKey(slot)) {
        since(slot, world.now);
      }
    }
  }

  private void judgeGrant(TestingWorld world, LockView before, LockView after, Holder granted) {
    Settings settings = after.settings().orElseThrow();
    if (settings.clusterId() != after.clusterId()) {
      // Composed before the restore by one who did not know yet: nobody may run it.
      notToRun = with(notToRun, granted.token());
      return;
    }
    grants++;
    if (granted.token() <= highestToken) {
      throw new Broken("token " + granted.token() + " does not rise above " + highestToken);
    }
    highestToken = granted.token();
    judgeOrder(world, before, settings, granted);
    if (settings.suspend()
        || granted.slot() >= settings.slots()
        || after.holders().size() > settings.slots()) {
      throw new Broken("granted against the settings: " + settings);
    }
    int slot = granted.slot();
    if (!before.holders().containsKey(slot) && before.ledgers().containsKey(slot)) {
      Long since = vanished.get(slot);
      long delay = settings.delaySeconds() * DELAY_NANOS_PER_SECOND;
      if (since == null || world.now - since < delay) {
        throw new Broken("slot " + slot + " was taken before the claim's delay was over");
      }
      world.tookAfterDelay(before.ledgers().get(slot).token());
    }
  }

  /** First come, first served; a hand-over passes over those that have missed renewals. */
  private void judgeOrder(TestingWorld world, LockView before, Settings settings, Holder granted) {
    List<Queued> line = before.queue();
    Holder giver = before.holders().get(granted.slot());
    for (Queued queued : line) {
      if (queued.lease() == granted.lease()) {
        return;
      }
      if (giver == null || !mayPassOver(world, settings, queued, giver, granted)) {
        break;
      }
    }
    throw new Broken("lease " + granted.lease() + " was not the first in line: " + line);
  }

  private boolean mayPassOver(
      TestingWorld world, Settings settings, Queued one, Holder giver, Holder granted) {
    boolean preferred =
        settings.prefer().equals(Settings.NEWEST_REVISION)
            && granted.identity().revision().equals(settings.newestRevision())
            && !one.identity().revision().equals(settings.newestRevision());
    boolean toldWeak =
        world.pods.stream()
            .filter(pod -> pod.config.identity().pod().equals(giver.identity().pod()))
            .anyMatch(pod -> pod.toldWeak.contains(one.lease()));
    return preferred || toldWeak || named.contains(granted.identity().pod());
  }
}
