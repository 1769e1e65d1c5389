package dev.lockclaim.lock;

import dev.lockclaim.lock.TestingScale.Fault;
import dev.lockclaim.lock.TestingScale.Trait;
import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.TestingStore;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Some pods, one etcd, and time. {@link #choices} are all the things that could happen next; {@link
 * #apply} makes one happen and throws when a promise is broken. The same choices from the same
 * start give the same world.
 */
final class TestingWorld {
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

  final TestingScale scale;
  final List<TestingPod> pods;
  TestingStore store;
  TestingStore backup;
  long now = START_NANOS;
  int faultsLeft;
  Set<Fault> spent = EnumSet.noneOf(Fault.class);
  TestingJudge judge = new TestingJudge();
  TestingOperator operator;
  int puts;
  int ticks;
  boolean unbounded;

  /** What a fair run finds out about a slot that was taken after the delay. */
  TestingFairRun watcher;

  TestingWorld(TestingScale scale) {
    this.scale = scale;
    faultsLeft = scale.faultBudget();
    operator = new TestingOperator(scale.slots());
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
    operator.suspend(false, this);
  }

  /** A world whose first pod is active and whose others are in line. */
  static TestingWorld active(TestingScale scale) {
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
    world.ticks = 0;
    return world;
  }

  /** A world whose pods are connected, with their joins on the way: where a search begins. */
  static TestingWorld joining(TestingScale scale) {
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
    ticks = other.ticks;
    unbounded = other.unbounded;
    operator = other.operator.copy();
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
    print.add(ticks);
    operator.tell(print);
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
      case "operator begins an epoch" -> operator.beginEpoch(this);
      default -> TestingFaults.apply(this, choice, pod);
    }
    if (pod != null && scale.has(Trait.COARSE)) {
      TestingCoarse.goOn(this, pod);
    }
    judge.look(this);
    judge.judgeMains(this);
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

  /** Whether a step is one of those that a search has few of; a release is not, whoever rejoins. */
  static boolean puts(EtcdStep step) {
    return step instanceof EtcdStep.Join
        || step instanceof EtcdStep.Grant
        || (step instanceof EtcdStep.Give give && give.successor().isPresent());
  }

  private void pass(long nanos) {
    ticks++;
    now += nanos;
    store.now(now);
    for (TestingPod pod : pods) {
      pod.worldNanos = now;
      pod.undecided = true;
      pod.gate.tick(pod.clock());
      if (scale.has(Trait.COARSE) && !scale.has(Trait.PAUSES)) {
        TestingCoarse.goOn(this, pod);
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

  void gateReads(TestingPod pod, int at) {
    long before = pod.gate.state == TestingGate.State.WAITING ? 0 : pod.gate.token;
    pod.gate.read(pod.gate.connections.get(at), pod.clock());
    pod.gate.tick(pod.clock());
    if (pod.gate.state == TestingGate.State.RUNNING && pod.gate.token != before) {
      judge.judgeStart(pod.gate.token);
    }
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
          .append(pod.core == null ? "-" : pod.status())
          .append('\n');
    }
    return text.toString();
  }
}
