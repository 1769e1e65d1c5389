package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Some pods, one etcd, and time. {@link #choices} are all the things that could happen next; {@link
 * #apply} makes one happen and throws when a promise is broken. The same choices from the same
 * start give the same world.
 */
final class TestingWorld {
  /** What may happen beside the good. */
  enum Fault {
    UNKNOWN_OUTCOME,
    SIDECAR_CRASH,
    GATE_KILLED,
    CONTAINER_ENDS,
    MAIN_EXITS,
    WATCH_BREAKS,
    SETTINGS,
    REQUEST,
    YIELD,
    LEASE_REVOKED,
    HOLDER_DELETED,
    RESTORE
  }

  /** How big, and how bad. */
  record Scale(
      int pods,
      int slots,
      int ttlSeconds,
      int graceSeconds,
      int delaySeconds,
      long ppm,
      List<Long> stepsNanos,
      Set<Fault> faults,
      int faultBudget) {}

  /** A promise is broken. */
  static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1;

    Broken(String message) {
      super(message);
    }
  }

  /** Something that could happen now. */
  record Choice(String what, int pod, long detail, int weight) {
    @Override
    public String toString() {
      return what + (pod < 0 ? "" : " pod-" + pod) + (detail == 0 ? "" : " " + detail);
    }
  }

  private static final long START_NANOS = 1_000_000_000_000L;
  private static final Duration NOW = Duration.ZERO;

  final Scale scale;
  final List<TestingPod> pods = new ArrayList<>();
  TestingStore store = new TestingStore(7);
  TestingStore backup;
  long now = START_NANOS;
  int faultsLeft;
  long highestToken;
  long highestEpoch;
  long restoredNanos = -1;
  Map<Integer, Long> vanished = new HashMap<>();
  Set<Long> started = new HashSet<>();
  Set<Long> notToRun = new HashSet<>();
  int grants;

  TestingWorld(Scale scale) {
    this.scale = scale;
    faultsLeft = scale.faultBudget();
    for (int i = 0; i < scale.pods(); i++) {
      // Clocks that go wrong in opposite ways.
      long ppm = i % 2 == 0 ? -scale.ppm() : scale.ppm();
      TestingPod pod =
          new TestingPod(i, scale.ttlSeconds(), scale.graceSeconds(), scale.slots(), ppm);
      pod.worldNanos = now;
      pods.add(pod);
      pod.startSidecar();
      pod.connectGate();
    }
    write(settings(false, 0));
  }

  private Settings settings(boolean suspend, long epoch) {
    return new Settings(
        scale.slots(),
        scale.delaySeconds(),
        Settings.FIRST_IN_LINE,
        "",
        suspend,
        epoch,
        store.clusterId(),
        0);
  }

  private void write(Settings settings) {
    change(List.of(new Step.Write.Put(LockKeys.SETTINGS, LockCodec.settings(settings), 0)));
  }

  private void change(List<Step.Write> writes) {
    try {
      store.step(new Step(List.of(), writes), NOW);
    } catch (dev.lockclaim.lock.etcd.EtcdFailure e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- what could happen

  List<Choice> choices() {
    List<Choice> all = new ArrayList<>();
    for (TestingPod pod : pods) {
      ordinary(pod, all);
      if (faultsLeft > 0) {
        faults(pod, all);
      }
    }
    for (long lease : store.expired()) {
      all.add(new Choice("lease expires", -1, lease, 6));
    }
    for (long step : scale.stepsNanos()) {
      all.add(new Choice("time passes", -1, step, 4));
    }
    if (faultsLeft > 0) {
      worldFaults(all);
    }
    if (restoredNanos >= 0 && now >= restoredNanos + longestNanos()) {
      all.add(new Choice("operator begins an epoch", -1, 0, 10));
    }
    return all;
  }

  private long longestNanos() {
    return (scale.ttlSeconds() + scale.graceSeconds()) * 1_020_000_000L;
  }

  private void ordinary(TestingPod pod, List<Choice> all) {
    int i = pod.index;
    TestingGate gate = pod.gate;
    if (pod.core == null) {
      all.add(new Choice("sidecar starts", i, 0, 6));
    } else {
      if (pod.undecided) { // else it would decide the same again
        all.add(new Choice("sidecar decides", i, 0, 12));
      }
      if (pod.connection != null && !pod.connection.toSidecar.isEmpty()) {
        all.add(new Choice("sidecar reads", i, 0, 12));
      }
      if (pod.connection == null && gate.state != TestingGate.State.GONE) {
        all.add(new Choice("gate connects", i, 0, 8));
      }
      if (pod.mayRenew()) {
        all.add(new Choice("sidecar renews", i, 0, 8));
      }
      if (pod.canHear(store)) {
        all.add(new Choice("watch speaks", i, 0, 10));
      }
    }
    for (int c = 0; c < gate.connections.size(); c++) {
      if (!gate.connections.get(c).toGate.isEmpty()) {
        all.add(new Choice("gate reads", i, c, 12));
      }
    }
    for (int r = 0; r < pod.requests.size(); r++) {
      TestingPod.Request request = pod.requests.get(r);
      if (!request.handled) {
        all.add(new Choice("etcd handles", i, r, 10));
      } else if (pod.awaited().contains(request)) {
        all.add(new Choice("answer arrives", i, r, 10));
      }
    }
    if (gate.state == TestingGate.State.ENDING || gate.lingering) {
      all.add(new Choice("main is gone", i, 0, 3));
    }
    if (gate.state == TestingGate.State.GONE && !gate.lingering) {
      all.add(new Choice("container starts", i, 0, 6));
    }
  }

  private void faults(TestingPod pod, List<Choice> all) {
    int i = pod.index;
    for (Fault fault : scale.faults()) {
      switch (fault) {
        case UNKNOWN_OUTCOME -> {
          for (int r = 0; r < pod.requests.size(); r++) {
            if (pod.awaited().contains(pod.requests.get(r))) {
              all.add(new Choice("answer is lost", i, r, 2));
            }
          }
        }
        case SIDECAR_CRASH -> {
          if (pod.core != null) {
            all.add(new Choice("sidecar crashes", i, 0, 1));
          }
        }
        case GATE_KILLED -> {
          if (pod.gate.state != TestingGate.State.GONE) {
            all.add(new Choice("gate is killed", i, 0, 1));
          }
        }
        case CONTAINER_ENDS -> {
          if (pod.gate.state != TestingGate.State.GONE && !pod.gate.exits) {
            all.add(new Choice("container is told to end", i, 0, 1));
          }
        }
        case MAIN_EXITS -> {
          if (pod.gate.state == TestingGate.State.RUNNING) {
            all.add(new Choice("main exits", i, 0, 1));
          }
        }
        case WATCH_BREAKS -> {
          if (pod.core != null && pod.watching) {
            all.add(new Choice("watch breaks", i, 0, 1));
            all.add(new Choice("watch falls silent", i, 0, 1));
          }
        }
        case YIELD -> {
          if (pod.core != null && pod.mission != 0) {
            all.add(new Choice("yield is asked", i, 0, 2));
          }
        }
        case SETTINGS, REQUEST, LEASE_REVOKED, HOLDER_DELETED, RESTORE -> {}
      }
    }
  }

  private void worldFaults(List<Choice> all) {
    for (Fault fault : scale.faults()) {
      switch (fault) {
        case SETTINGS -> {
          all.add(new Choice("claim is suspended", -1, 0, 1));
          all.add(new Choice("claim is resumed", -1, 0, 1));
        }
        case REQUEST -> all.add(new Choice("hand-over is asked", -1, 0, 1));
        case LEASE_REVOKED ->
            store.leases().keySet().forEach(l -> all.add(new Choice("lease is revoked", -1, l, 1)));
        case HOLDER_DELETED -> {
          if (store.keys().containsKey(LockKeys.holder(0))) {
            all.add(new Choice("holder key is deleted", -1, 0, 1));
          }
        }
        case RESTORE -> {
          if (backup == null) {
            all.add(new Choice("backup is taken", -1, 0, 1));
          } else {
            all.add(new Choice("backup is restored", -1, 0, 1));
          }
        }
        default -> {}
      }
    }
  }

  // ---- what happens

  void apply(Choice choice) {
    TestingPod pod = choice.pod() < 0 ? null : pods.get(choice.pod());
    int at = (int) choice.detail();
    switch (choice.what()) {
      case "time passes" -> pass(choice.detail());
      case "lease expires" -> watched(() -> store.revoke(choice.detail()));
      case "sidecar starts" -> pod.startSidecar();
      case "sidecar decides" -> pod.turn();
      case "sidecar reads" -> pod.sidecarReads();
      case "sidecar renews" -> pod.sendRenewal();
      case "gate connects" -> pod.connectGate();
      case "gate reads" -> gateReads(pod, at);
      case "watch speaks" -> pod.hear(store);
      case "etcd handles" -> watched(() -> pod.handle(pod.requests.get(at), store));
      case "answer arrives" -> pod.answer(pod.requests.get(at));
      case "main is gone" -> pod.gate.gone();
      case "container starts" -> {
        int instance = pod.gate.instance + 1;
        pod.gate = new TestingGate();
        pod.gate.instance = instance;
      }
      case "operator begins an epoch" -> beginEpoch();
      default -> {
        faultsLeft--;
        fault(choice, pod, at);
      }
    }
    judge();
  }

  private void fault(Choice choice, TestingPod pod, int at) {
    switch (choice.what()) {
      case "answer is lost" -> pod.giveUp(pod.requests.get(at));
      case "sidecar crashes" -> pod.crashSidecar();
      case "gate is killed" -> pod.gate.kill(pod.clock());
      case "container is told to end" -> pod.gate.leave(true, pod.clock());
      case "main exits" -> pod.gate.leave(false, pod.clock());
      case "watch breaks" -> pod.breakWatch();
      case "watch falls silent" -> pod.silent = true;
      case "yield is asked" -> {
        pod.core.giveUp(java.util.Optional.empty());
        pod.undecided = true;
      }
      case "claim is suspended" -> suspend(true);
      case "claim is resumed" -> suspend(false);
      case "hand-over is asked" ->
          change(
              List.of(
                  new Step.Write.Put(
                      LockKeys.REQUEST, LockCodec.request("any", "r" + store.revision()), 0)));
      case "lease is revoked" -> watched(() -> store.revoke(choice.detail()));
      case "holder key is deleted" ->
          watched(() -> change(List.of(new Step.Write.Delete(LockKeys.holder(0)))));
      case "backup is taken" -> backup = store.copy();
      case "backup is restored" -> restore();
      default -> throw new IllegalArgumentException(choice.toString());
    }
  }

  /** The operator writes nothing else into a restored etcd before the new epoch. */
  private void suspend(boolean suspend) {
    if (restoredNanos < 0) {
      write(settings(suspend, epoch()));
    }
  }

  private void pass(long nanos) {
    now += nanos;
    store.now(now);
    for (TestingPod pod : pods) {
      pod.worldNanos = now;
      pod.undecided = true;
      pod.gate.tick(pod.clock());
    }
  }

  private void gateReads(TestingPod pod, int at) {
    long before = pod.gate.state == TestingGate.State.WAITING ? 0 : pod.gate.token;
    pod.gate.read(pod.gate.connections.get(at), pod.clock());
    if (pod.gate.state == TestingGate.State.RUNNING
        && pod.gate.token != before
        && (notToRun.contains(pod.gate.token) || !started.add(pod.gate.token))) {
      throw new Broken("token " + pod.gate.token + " was started twice, or in a restored etcd");
    }
  }

  private void restore() {
    store = backup.restored(store.clusterId() + 1, now);
    backup = null;
    restoredNanos = now;
    vanished.clear();
    for (TestingPod pod : pods) {
      if (pod.core != null && pod.watching) {
        pod.breakWatch();
      }
      // What was not handled was on connections that are no more.
      for (TestingPod.Request request : List.copyOf(pod.requests)) {
        if (!request.handled) {
          boolean awaited = pod.awaited().contains(request);
          request.handled = true;
          if (awaited) {
            pod.giveUp(request);
          } else {
            pod.forget(request);
          }
        }
      }
    }
  }

  private long epoch() {
    return LockView.of(store.snapshot()).settings().map(Settings::epoch).orElse(0L);
  }

  /** As the operator does: after the longest TTL and grace. */
  private void beginEpoch() {
    restoredNanos = -1;
    LockView view = LockView.of(store.snapshot());
    List<Step.Write> writes = new ArrayList<>();
    writes.add(new Step.Write.DeleteBelow(LockKeys.QUEUE));
    writes.add(new Step.Write.DeleteBelow(LockKeys.HOLDER));
    // The operator keeps the highest one in the claim's status: a backup may know an older one.
    long next = Math.max(highestEpoch, epoch()) + 1;
    highestEpoch = next;
    for (int slot = 0; slot < scale.slots(); slot++) {
      writes.add(
          new Step.Write.Put(
              LockKeys.ledger(slot),
              LockCodec.ledger(dev.lockclaim.lock.view.Identity.NOBODY, next),
              0));
      vanished.put(slot, now);
    }
    boolean suspend = view.settings().map(Settings::suspend).orElse(false);
    writes.add(
        new Step.Write.Put(LockKeys.SETTINGS, LockCodec.settings(settings(suspend, next)), 0));
    change(writes);
  }

  // ---- the promises

  private void judge() {
    int active = 0;
    for (TestingPod pod : pods) {
      active += pod.gate.mainExists() ? 1 : 0;
    }
    if (active > scale.slots()) {
      throw new Broken(active + " mains exist, the claim has slots for " + scale.slots());
    }
  }

  /** Does something to etcd and looks at what it granted. */
  private void watched(Runnable deed) {
    long revision = store.revision();
    Map<String, Entry> keys = Map.copyOf(store.keys());
    deed.run();
    if (store.revision() == revision) {
      return;
    }
    LockView before =
        LockView.of(
            new dev.lockclaim.lock.view.Snapshot(
                store.clusterId(), revision, List.copyOf(keys.values())));
    LockView after = LockView.of(store.snapshot());
    for (int slot = 0; slot < scale.slots(); slot++) {
      Holder was = before.holders().get(slot);
      Holder is = after.holders().get(slot);
      if (is != null && (was == null || was.modRevision() != is.modRevision())) {
        judgeGrant(before, after, is);
      } else if (is == null && was != null && after.ledgers().containsKey(slot)) {
        vanished.put(slot, now);
      }
    }
  }

  private void judgeGrant(LockView before, LockView after, Holder granted) {
    if (after.settings().orElseThrow().clusterId() != store.clusterId()) {
      // Composed before the restore by one who did not know yet: nobody may run it.
      notToRun.add(granted.token());
      return;
    }
    grants++;
    if (granted.token() <= highestToken) {
      throw new Broken("token " + granted.token() + " does not rise above " + highestToken);
    }
    highestToken = granted.token();
    if (before.queue().isEmpty() || before.queue().getFirst().lease() != granted.lease()) {
      throw new Broken(
          "lease " + granted.lease() + " was not the first in line: " + before.queue());
    }
    Settings settings = after.settings().orElseThrow();
    if (settings.suspend() || after.holders().size() > settings.slots()) {
      throw new Broken("granted against the settings: " + settings);
    }
    int slot = granted.slot();
    if (!before.holders().containsKey(slot) && before.ledgers().containsKey(slot)) {
      Long since = vanished.get(slot);
      long delay = settings.delaySeconds() * 990_000_000L;
      if (since == null || now - since < delay) {
        throw new Broken("slot " + slot + " was taken before the claim's delay was over");
      }
    }
  }

  // ---- a good scheduler, from here on

  /**
   * No more faults: everything that is sent arrives, everybody acts.
   *
   * @return virtual nanoseconds until every slot that can be is active, -1 when the bound is passed
   */
  long settle(long boundNanos) {
    long from = now;
    faultsLeft = 0;
    if (restoredNanos < 0) {
      write(settings(false, epoch()));
    }
    while (now - from <= boundNanos) {
      quiesce();
      if (allActive()) {
        return now - from;
      }
      pass(250_000_000);
      for (long lease : store.expired()) {
        watched(() -> store.revoke(lease));
      }
      if (restoredNanos >= 0 && now >= restoredNanos + longestNanos()) {
        beginEpoch();
        write(settings(false, epoch()));
      }
      judge();
    }
    return -1;
  }

  private boolean allActive() {
    long running = pods.stream().filter(pod -> pod.gate.state == TestingGate.State.RUNNING).count();
    return running == Math.min(scale.slots(), pods.size());
  }

  /** Until nothing is on its way; each pod renews once. */
  private void quiesce() {
    boolean busy = true;
    for (int round = 0; busy && round < 50; round++) {
      busy = false;
      for (TestingPod pod : pods) {
        busy |= serve(pod, round == 0);
      }
    }
  }

  private boolean serve(TestingPod pod, boolean renew) {
    boolean busy = false;
    List<Choice> all = new ArrayList<>();
    ordinary(pod, all);
    for (Choice choice : all) {
      boolean wanted =
          switch (choice.what()) {
            case "sidecar decides" -> false;
            case "sidecar renews" -> renew;
            default -> true;
          };
      // One at a time: what is possible changes with each.
      if (wanted) {
        apply(choice);
        busy = true;
        break;
      }
    }
    if (pod.core != null) {
      pod.turn();
      judge();
    }
    return busy;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("at " + (now - START_NANOS) / 1_000_000 + " ms:\n");
    store.keys().values().forEach(entry -> text.append("  ").append(entry).append('\n'));
    for (TestingPod pod : pods) {
      text.append("  pod-")
          .append(pod.index)
          .append(" gate ")
          .append(pod.gate.state)
          .append(' ')
          .append(pod.gate.token)
          .append(" mission ")
          .append(pod.mission)
          .append(' ')
          .append(pod.marks.marks())
          .append(" core ")
          .append(pod.core == null ? "-" : pod.last.status())
          .append('\n');
    }
    return text.toString();
  }
}
