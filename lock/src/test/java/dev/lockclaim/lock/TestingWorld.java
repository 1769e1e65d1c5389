package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Request;
import dev.lockclaim.lock.view.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
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
    REQUEST_LOST,
    SIDECAR_CRASH,
    GATE_KILLED,
    CONTAINER_ENDS,
    MAIN_EXITS,
    EXEC_FAILS,
    CLOCK_JUMPS,
    WATCH_BREAKS,
    SUSPEND,
    RESUME,
    REQUEST,
    REQUEST_NAMED,
    YIELD,
    LEASE_REVOKED,
    HOLDER_DELETED,
    RESTORE
  }

  /** What a world is like. */
  enum Trait {
    /** All happens at once but transactions, watches, time and ends, and what is told here. */
    COARSE,
    /** Where all is coarse: renewals are as slow as transactions. */
    SLOW_RENEWALS,
    /** Where all is coarse: what sidecar and gate say to each other is on its way for a while. */
    SLOW_GATES,
    /** Where all is coarse: sidecars are late to see that time has passed. */
    PAUSES,
    /** Each fault happens once at the most. */
    ONCE_EACH,
    /** Somebody says when execve is done. */
    SLOW_EXEC,
    /** Gates end with their main when the lock is lost. */
    RESTART_ON_LOSS,
    /** The claim prefers pods of the newest revision. */
    PREFER_NEWEST,
    /** Etcd answers renewals of leases that it has ended. */
    OLD_ETCD
  }

  /**
   * How big, and how bad.
   *
   * @param puts so many joins, grants and hand-overs
   * @param leases so many leases
   */
  record Scale(
      int pods,
      int slots,
      int ttlSeconds,
      int graceSeconds,
      int delaySeconds,
      long ppm,
      List<Long> stepsNanos,
      Set<Fault> faults,
      int faultBudget,
      Set<Trait> traits,
      int puts,
      int leases) {
    Scale(
        int pods,
        int slots,
        int ttlSeconds,
        int graceSeconds,
        int delaySeconds,
        long ppm,
        List<Long> stepsNanos,
        Set<Fault> faults,
        int faultBudget) {
      this(
          pods,
          slots,
          ttlSeconds,
          graceSeconds,
          delaySeconds,
          ppm,
          stepsNanos,
          faults,
          faultBudget,
          EnumSet.noneOf(Trait.class),
          Integer.MAX_VALUE,
          Integer.MAX_VALUE);
    }

    boolean has(Trait trait) {
      return traits.contains(trait);
    }
  }

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
  private static final long JUMP_NANOS = 2_000_000_000L;

  final Scale scale;
  final List<TestingPod> pods;
  TestingStore store;
  TestingStore backup;
  long now = START_NANOS;
  int faultsLeft;
  Set<Fault> spent = EnumSet.noneOf(Fault.class);
  TestingJudge judge = new TestingJudge();
  int puts;
  boolean unbounded;

  /** What a fair run finds out about a slot that was taken after the delay. */
  TestingFairRun watcher;

  private long highestEpoch;
  private long restoredNanos = -1;
  private boolean suspended;

  TestingWorld(Scale scale) {
    this.scale = scale;
    faultsLeft = scale.faultBudget();
    store = new TestingStore(7, scale.has(Trait.OLD_ETCD));
    store.now(now);
    pods = new ArrayList<>(scale.pods());
    for (int i = 0; i < scale.pods(); i++) {
      // Clocks that go wrong in opposite ways.
      long ppm = i % 2 == 0 ? -scale.ppm() : scale.ppm();
      TestingPod pod =
          new TestingPod(i, scale.ttlSeconds(), scale.graceSeconds(), scale.slots(), ppm);
      pod.gate = gate(1);
      pod.worldNanos = now;
      pods.add(pod);
      pod.startSidecar();
      pod.connectGate();
    }
    write(false, 0);
  }

  /** A world whose first pod is active and whose others are in line. */
  static TestingWorld active(Scale scale) {
    TestingWorld world = joining(scale);
    world.unbounded = true;
    boolean busy = true;
    while (busy) {
      busy = false;
      for (TestingPod pod : world.pods) {
        List<Choice> next =
            TestingChoices.ordinary(world, pod).stream()
                .filter(choice -> !choice.what().equals("sidecar renews"))
                .toList();
        if (!next.isEmpty()) {
          world.apply(next.getFirst());
          busy = true;
        }
      }
    }
    world.unbounded = false;
    world.puts = 0;
    return world;
  }

  /** A world whose pods are connected, with their joins on the way: where a search begins. */
  static TestingWorld joining(Scale scale) {
    TestingWorld world = new TestingWorld(scale);
    for (TestingPod pod : world.pods) {
      world.apply(new Choice("sidecar decides", pod.index, 0, 0));
    }
    return world;
  }

  private TestingWorld(TestingWorld other) {
    scale = other.scale;
    pods = new ArrayList<>(other.pods);
    store = other.store;
    backup = other.backup;
    now = other.now;
    faultsLeft = other.faultsLeft;
    spent = EnumSet.copyOf(other.spent);
    puts = other.puts;
    unbounded = other.unbounded;
    highestEpoch = other.highestEpoch;
    restoredNanos = other.restoredNanos;
    suspended = other.suspended;
    judge = other.judge.copy();
    store = other.store.copy();
  }

  /** A world of its own in which a choice can be made; what that does not touch is shared. */
  TestingWorld copyFor(Choice choice) {
    TestingWorld copy = new TestingWorld(this);
    if (choice.pod() >= 0) {
      copy.pods.set(choice.pod(), pods.get(choice.pod()).copy());
    } else if (choice.what().equals("time passes") || choice.what().equals("backup is restored")) {
      copy.pods.replaceAll(TestingPod::copy);
    }
    return copy;
  }

  /** A world of its own, whatever happens in it. */
  TestingWorld copy() {
    TestingWorld copy = new TestingWorld(this);
    copy.pods.replaceAll(TestingPod::copy);
    return copy;
  }

  private TestingGate gate(int instance) {
    return new TestingGate(instance, scale.has(Trait.SLOW_EXEC), scale.has(Trait.RESTART_ON_LOSS));
  }

  /** Stands for all that can happen from here on. */
  long fingerprint() {
    TestingFingerprint print = new TestingFingerprint(scale, now);
    print.add(faultsLeft);
    print.value(spent);
    print.add(puts);
    print.add(restoredNanos < 0 ? 1 : 0);
    judge.tell(print, scale.delaySeconds());
    store.tell(print::add, print::deadline);
    for (TestingPod pod : pods) {
      print.add(pod.fingerprint(scale));
    }
    return print.hash();
  }

  /** What a choice means now, for people. */
  String tell(Choice choice) {
    boolean request =
        choice.what().equals("etcd handles")
            || choice.what().endsWith("is lost")
            || choice.what().equals("answer arrives");
    if (request) {
      return choice + ": " + pods.get(choice.pod()).requests.get((int) choice.detail());
    }
    if (choice.what().equals("sidecar reads")) {
      return choice + ": " + pods.get(choice.pod()).connection.toSidecar.peek();
    }
    if (choice.what().equals("gate reads")) {
      TestingGate gate = pods.get(choice.pod()).gate;
      return choice + ": " + gate.connections.get((int) choice.detail()).toGate.peek();
    }
    return choice.toString();
  }

  List<Choice> choices() {
    return TestingChoices.of(this);
  }

  // ---- what happens

  void apply(Choice choice) {
    TestingPod pod = choice.pod() < 0 ? null : pods.get(choice.pod());
    int at = (int) choice.detail();
    switch (choice.what()) {
      case "time passes" -> pass(choice.detail());
      case "lease expires" -> store.revoke(choice.detail());
      case "sidecar starts" -> pod.startSidecar();
      case "sidecar decides" -> pod.turn();
      case "sidecar reads" -> sidecarReads(pod);
      case "sidecar renews" -> pod.sendRenewal();
      case "gate connects" -> pod.connectGate();
      case "gate reads" -> gateReads(pod, at);
      case "main is executed" -> pod.gate.executed(true, pod.clock());
      case "gate looks" -> pod.gate.seeDelivered(pod.clock());
      case "watch speaks" -> pod.hear(store);
      case "etcd handles" -> handle(pod, pod.requests.get(at));
      case "answer arrives" -> pod.answer(pod.requests.get(at));
      case "main is gone" -> pod.gate.gone(pod.clock());
      case "container starts" -> pod.gate = gate(pod.gate.instance + 1);
      case "operator begins an epoch" -> beginEpoch();
      default -> {
        faultsLeft--;
        fault(choice, pod, at);
      }
    }
    if (pod != null && scale.has(Trait.COARSE)) {
      goOn(pod);
    }
    judge.look(this);
    judge.judgeMains(this);
  }

  /** Where all is coarse: what follows by itself, one after the other. */
  private void goOn(TestingPod pod) {
    boolean more = true;
    while (more) {
      pod.decide();
      more = answers(pod) || (!scale.has(Trait.SLOW_GATES) && talks(pod));
    }
    if (pod.gate.maySeeDelivered()) {
      pod.gate.seeDelivered(pod.clock());
    }
  }

  /** Requests that write nothing are answered at once. */
  private boolean answers(TestingPod pod) {
    for (TestingRequest request : pod.requests) {
      boolean atOnce = request.isRenewal() ? !scale.has(Trait.SLOW_RENEWALS) : !request.writes();
      if (atOnce && pod.awaits(request) && TestingChoices.withinBounds(this, request)) {
        if (request.handled) {
          pod.answer(request);
        } else {
          pod.handle(request, store);
        }
        return true;
      }
    }
    return false;
  }

  /** A line is read, or a gate connects. */
  private boolean talks(TestingPod pod) {
    for (int c = 0; c < pod.gate.connections.size(); c++) {
      if (!pod.gate.connections.get(c).toGate.isEmpty()) {
        gateReads(pod, c);
        return true;
      }
    }
    if (pod.core == null) {
      return false;
    }
    if (pod.connection == null && pod.gate.state != TestingGate.State.GONE) {
      pod.connectGate();
      return true;
    }
    if (pod.connection != null && !pod.connection.toSidecar.isEmpty()) {
      pod.sidecarReads();
      return true;
    }
    return false;
  }

  private void handle(TestingPod pod, TestingRequest request) {
    long revision = store.revision();
    pod.handle(request, store);
    if (store.revision() > revision
        && request.action instanceof Action.Perform perform
        && puts(perform.step())) {
      puts++;
    }
  }

  /** Whether a step puts keys that the lock rests on. */
  static boolean puts(EtcdStep step) {
    return step instanceof EtcdStep.Join
        || step instanceof EtcdStep.Grant
        || (step instanceof EtcdStep.Give give && give.successor().isPresent());
  }

  private void pass(long nanos) {
    now += nanos;
    store.now(now);
    for (TestingPod pod : pods) {
      pod.worldNanos = now;
      pod.undecided = true;
      pod.gate.tick(pod.clock());
      if (scale.has(Trait.COARSE) && !scale.has(Trait.PAUSES)) {
        goOn(pod);
      }
    }
  }

  /** All that is there where all is coarse: who reads a part of it might have read it before. */
  private void sidecarReads(TestingPod pod) {
    do {
      pod.sidecarReads();
    } while (scale.has(Trait.COARSE)
        && pod.connection != null
        && !pod.connection.toSidecar.isEmpty());
  }

  private void gateReads(TestingPod pod, int at) {
    long before = pod.gate.state == TestingGate.State.WAITING ? 0 : pod.gate.token;
    pod.gate.read(pod.gate.connections.get(at), pod.clock());
    pod.gate.tick(pod.clock());
    if (pod.gate.state == TestingGate.State.RUNNING && pod.gate.token != before) {
      judge.judgeStart(pod.gate.token);
    }
  }

  // ---- faults

  private void fault(Choice choice, TestingPod pod, int at) {
    switch (choice.what()) {
      case "answer is lost" -> spend(Fault.UNKNOWN_OUTCOME, () -> pod.giveUp(pod.requests.get(at)));
      case "request is lost" -> spend(Fault.REQUEST_LOST, () -> pod.lose(pod.requests.get(at)));
      case "sidecar crashes" -> spend(Fault.SIDECAR_CRASH, pod::crashSidecar);
      case "gate is killed" -> spend(Fault.GATE_KILLED, () -> pod.gate.kill(pod.clock()));
      case "container is told to end" ->
          spend(Fault.CONTAINER_ENDS, () -> pod.gate.leave(true, pod.clock()));
      case "main exits" -> spend(Fault.MAIN_EXITS, () -> pod.gate.leave(false, pod.clock()));
      case "main cannot be executed" ->
          spend(Fault.EXEC_FAILS, () -> pod.gate.executed(false, pod.clock()));
      case "wall clock jumps" ->
          spend(Fault.CLOCK_JUMPS, () -> pod.gate.jump(JUMP_NANOS, pod.clock()));
      case "watch breaks" -> spend(Fault.WATCH_BREAKS, pod::breakWatch);
      case "watch falls silent" -> spend(Fault.WATCH_BREAKS, () -> pod.silent = true);
      case "yield is asked" ->
          spend(Fault.YIELD, () -> pod.tell(core -> core.giveUp(Optional.empty())));
      case "claim is suspended" -> spend(Fault.SUSPEND, () -> suspend(true));
      case "claim is resumed" -> spend(Fault.RESUME, () -> suspend(false));
      case "hand-over is asked" -> spend(Fault.REQUEST, () -> request(Request.ANY));
      case "hand-over to is asked" ->
          spend(Fault.REQUEST_NAMED, () -> request(pod.config.identity().pod()));
      case "lease is revoked" -> spend(Fault.LEASE_REVOKED, () -> store.revoke(choice.detail()));
      case "holder key is deleted" ->
          spend(
              Fault.HOLDER_DELETED,
              () -> change(List.of(new Step.Write.Delete(LockKeys.holder(0)))));
      case "backup is taken" -> backup = store.copy();
      case "backup is restored" -> spend(Fault.RESTORE, this::restore);
      default -> throw new IllegalArgumentException(choice.toString());
    }
  }

  private void spend(Fault fault, Runnable deed) {
    spent.add(fault);
    deed.run();
  }

  private void request(String to) {
    judge.named(to);
    String value = LockCodec.request(to, "r" + store.revision());
    change(List.of(new Step.Write.Put(LockKeys.REQUEST, value, 0)));
  }

  private void restore() {
    store = backup.restored(store.clusterId() + 1, now);
    backup = null;
    restoredNanos = now;
    judge.restored(this);
    for (TestingPod pod : pods) {
      if (pod.core != null && pod.watching) {
        pod.breakWatch();
      }
      // What was not handled was on connections that are no more.
      for (TestingRequest request : List.copyOf(pod.requests)) {
        if (!request.handled) {
          pod.lose(request);
        }
      }
    }
  }

  // ---- the operator

  boolean isSuspended() {
    return suspended;
  }

  boolean mayHaveBeenRestored() {
    return spent.contains(Fault.RESTORE);
  }

  boolean mayBeginEpoch() {
    return restoredNanos >= 0 && now >= restoredNanos + longestNanos();
  }

  private long longestNanos() {
    return (scale.ttlSeconds() + scale.graceSeconds()) * 1_020_000_000L;
  }

  /** The operator writes nothing else into a restored etcd before the new epoch. */
  void suspend(boolean suspend) {
    if (restoredNanos < 0) {
      write(suspend, epoch());
    }
  }

  private long epoch() {
    return judge.view().settings().map(Settings::epoch).orElse(0L);
  }

  private Step.Write settings(boolean suspend, long epoch) {
    suspended = suspend;
    Settings settings =
        new Settings(
            scale.slots(),
            scale.delaySeconds(),
            scale.has(Trait.PREFER_NEWEST) ? Settings.NEWEST_REVISION : Settings.FIRST_IN_LINE,
            scale.has(Trait.PREFER_NEWEST) ? "r1" : "",
            suspend,
            epoch,
            store.clusterId(),
            0);
    return new Step.Write.Put(LockKeys.SETTINGS, LockCodec.settings(settings), 0);
  }

  private void write(boolean suspend, long epoch) {
    change(List.of(settings(suspend, epoch)));
  }

  private void change(List<Step.Write> writes) {
    try {
      store.step(new Step(List.of(), writes), NOW);
    } catch (EtcdFailure e) {
      throw new IllegalStateException(e);
    }
    judge.look(this);
  }

  /** As the operator does: after the longest TTL and grace. */
  void beginEpoch() {
    restoredNanos = -1;
    List<Step.Write> writes = new ArrayList<>();
    writes.add(new Step.Write.DeleteBelow(LockKeys.QUEUE));
    writes.add(new Step.Write.DeleteBelow(LockKeys.HOLDER));
    // The operator keeps the highest one in the claim's status: a backup may know an older one.
    long next = Math.max(highestEpoch, epoch()) + 1;
    highestEpoch = next;
    for (int slot = 0; slot < scale.slots(); slot++) {
      writes.add(
          new Step.Write.Put(LockKeys.ledger(slot), LockCodec.ledger(Identity.NOBODY, next), 0));
    }
    writes.add(settings(judge.view().settings().map(Settings::suspend).orElse(false), next));
    judge.epochBegun(this);
    change(writes);
  }

  /** A slot was taken whose last grant had not been given back. */
  void tookAfterDelay(long token) {
    if (watcher != null) {
      watcher.tookAfterDelay(token, this);
    }
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
          .append(pod.mission())
          .append(' ')
          .append(pod.marks.marks())
          .append(" core ")
          .append(pod.core == null ? "-" : pod.last.status())
          .append('\n');
    }
    return text.toString();
  }
}
