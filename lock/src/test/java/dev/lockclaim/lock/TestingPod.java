package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * A pod: the core that the product runs, a gate, and everything on the way between them and to
 * etcd. Whoever drives it says what arrives when, if ever.
 */
final class TestingPod implements TestingGates.Pod {
  /** More than any word makes a core take. */
  private static final int TURNS = 1_000;

  private static final LockObserver NOBODY = new LockObserver() {};

  final CandidateConfig config;
  final int index;
  final long ppm;
  final TestingMarks marks;
  TestingGate gate = new TestingGate();
  TestingGates gates = new TestingGates();
  TestingGate.Connection connection;
  CandidateCore core;
  Turn last;
  boolean turned;
  boolean undecided = true;
  TestingWatch watch = new TestingWatch();
  long worldNanos;
  List<TestingRequest> requests = new ArrayList<>(4);

  /** Leases that this sidecar process was told to have missed renewals. */
  Set<Long> toldWeak = new TreeSet<>();

  private long printedNanos = -1;
  private long printed;

  TestingPod(int index, int ttlSeconds, int graceSeconds, int slots, long ppm) {
    this(
        new CandidateConfig(
            "ns",
            "lock",
            new Identity("pod-" + index, "uid-" + index, "", "r" + index % 2, 0),
            ttlSeconds,
            graceSeconds,
            OptionalInt.of(slots)),
        index,
        ppm,
        new TestingMarks(new Marks("boot", "uid-" + index, 0, 0, 0, 0, 0, 0, 0)));
  }

  private TestingPod(CandidateConfig config, int index, long ppm, TestingMarks marks) {
    this.config = config;
    this.index = index;
    this.ppm = ppm;
    this.marks = marks;
  }

  /** Of a sidecar that has decided. */
  CandidateStatus status() {
    return core.status(last.reason());
  }

  /** A pod of its own in the same state. */
  TestingPod copy() {
    TestingPod copy = new TestingPod(config, index, ppm, marks.copy());
    List<TestingGate.Connection> from = new ArrayList<>(2);
    List<TestingGate.Connection> to = new ArrayList<>(2);
    copy.gate = gate.copy(from, to);
    copy.gates = gates.copy();
    copy.connection = connection == null ? null : TestingGate.twin(connection, from, to);
    copy.core = core == null ? null : TestingCopies.of(core, copy.newCore());
    copy.last = last;
    copy.turned = turned;
    copy.undecided = undecided;
    copy.watch = watch.copy();
    copy.worldNanos = worldNanos;
    requests.forEach(request -> copy.requests.add(request.copy()));
    copy.toldWeak.addAll(toldWeak);
    return copy;
  }

  /**
   * Stands for all that its future depends on; asked for again only of one that has not changed.
   */
  long fingerprint(TestingScale scale) {
    if (printedNanos != worldNanos) {
      TestingFingerprint print = new TestingFingerprint(scale, clock());
      tell(print, scale.faults().contains(TestingScale.Fault.RESTORE));
      printed = print.hash();
      printedNanos = worldNanos;
    }
    return printed;
  }

  /**
   * Tells.
   *
   * @param mayGoBack whether etcd may be restored: only then it counts what was seen of it
   */
  private void tell(TestingFingerprint print, boolean mayGoBack) {
    gate.tell(print);
    Marks known = marks.marks();
    print.value(mayGoBack ? known : known.withSeen(known.clusterId(), 0, known.epoch()));
    print.add(requests.size());
    requests.forEach(request -> request.tell(print));
    if (core == null) {
      return;
    }
    print.add(1);
    gates.tell(print);
    print.core(core);
    print.value(last.wish());
    print.value(toldWeak);
    if (connection != null) {
      print.add(1);
      connection.toSidecar.forEach(print::value);
    }
    watch.tell(print, config.ttlSeconds());
  }

  /** The machine's clock, which the gate reads exactly. */
  long clock() {
    return worldNanos + worldNanos / 1_000_000 * ppm;
  }

  /** As /proc/uptime has it: hundredths, rounded down. */
  long coarse() {
    return clock() / 10_000_000 * 10_000_000;
  }

  long mission() {
    return gates.mission;
  }

  // ---- the sidecar's process

  private CandidateCore newCore() {
    return new CandidateCore(config, marks, this::coarse, () -> 0, NOBODY);
  }

  /** There is one at a time: the state file is locked for a process's life (H11). */
  void startSidecar() {
    undecided = true;
    marks.nextSidecar();
    core = newCore();
    last = core.before();
    turned = false;
    gates = new TestingGates();
    toldWeak.clear();
    watch = new TestingWatch();
    connection = null;
  }

  /** SIGKILL of the sidecar: what it has sent is on its way. */
  void crashSidecar() {
    core = null;
    connection = null;
  }

  void connectGate() {
    connection = new TestingGate.Connection();
    gate.connect(connection);
  }

  void turn() {
    last = core.turn(watch.heardNanos());
    turned = true;
    undecided = !last.actions().isEmpty();
    for (Action action : last.actions()) {
      perform(action);
    }
  }

  /** As often as there is something to decide. */
  void decide() {
    for (int turns = 0; core != null && undecided; turns++) {
      if (turns == TURNS) {
        throw new TestingWorld.Broken("pod-" + index + " decides without an end");
      }
      turn();
    }
  }

  private void perform(Action action) {
    switch (action) {
      case Action.Run(Grant grant, Deadlines deadlines) -> {
        written(grant.token(), marks.marks().ran(), "run");
        toldWeak.clear(); // a grant ago is too long ago to pass somebody over
        gates.run(grant.token(), deadlines, this);
      }
      case Action.Extend(long token, Deadlines deadlines) -> gates.extend(token, deadlines, this);
      case Action.Stop(long token, int graceSeconds, String _) ->
          gates.stop(token, graceSeconds * 1_000_000_000L, this);
      case Action.Perform(EtcdStep step, var _, long _) -> {
        if (step instanceof EtcdStep.Give give) {
          written(give.holder().token(), marks.marks().released(), "given away");
        }
        request(action);
      }
      case Action.Connect _, Action.Read _, Action.AskLease _, Action.AskFreshness _ ->
          request(action);
    }
  }

  private static void written(long token, long mark, String what) {
    if (mark < token) {
      throw new TestingWorld.Broken("token " + token + " is " + what + ", and not written down");
    }
  }

  private void request(Action action) {
    requests.add(new TestingRequest(marks.marks().sidecar(), action, coarse()));
  }

  void sendRenewal() {
    turned = false;
    requests.add(new TestingRequest(marks.marks().sidecar(), last.wish().orElseThrow(), coarse()));
  }

  boolean mayRenew() {
    return core != null
        && turned
        && last.wish().isPresent()
        && requests.stream().noneMatch(r -> isOurs(r) && r.isRenewal() && !r.givenUp);
  }

  private boolean isOurs(TestingRequest request) {
    return core != null && request.process == marks.marks().sidecar();
  }

  // ---- the gate

  void sidecarReads() {
    TestingLine line = connection.toSidecar.poll();
    if (line instanceof TestingLine.Eof) {
      connection = null;
    }
    gates.hear(line, this);
  }

  @Override
  public void send(TestingLine line) {
    if (connection == null || connection.closed) {
      return;
    }
    // Times are never taken backwards: the later ones say all that the unread ones do.
    if (line instanceof TestingLine.Times later
        && connection.toGate.peekLast() instanceof TestingLine.Times unread
        && unread.token() == later.token()) {
      connection.toGate.pollLast();
    }
    connection.toGate.add(line);
  }

  @Override
  public void tell(Consumer<CandidateCore> word) {
    undecided = true;
    word.accept(core);
  }

  @Override
  public void stopping() {
    core.askFreshness().ifPresent(this::request);
  }

  @Override
  public int sidecar() {
    return marks.marks().sidecar();
  }

  @Override
  public long graceNanos() {
    return config.graceSeconds() * 1_000_000_000L;
  }

  // ---- requests

  /** Etcd handles a request, whoever still waits for it. */
  void handle(TestingRequest request, TestingStore store) {
    request.handle(store, config, this::coarse);
    if (!isOurs(request) || request.givenUp) {
      requests.remove(request);
    }
  }

  /** The answer arrives. */
  void answer(TestingRequest request) {
    undecided = true;
    requests.remove(request);
    request.answer(this);
  }

  /** The caller's deadline is over; the request goes on its way all the same. */
  void giveUp(TestingRequest request) {
    undecided = true;
    request.givenUp = true;
    if (request.handled) {
      requests.remove(request);
    }
    request.fail(EtcdFailure.Kind.UNKNOWN, this);
  }

  /** It never arrives; its caller, if there is one, finds out by its deadline. */
  void lose(TestingRequest request) {
    boolean awaited = isOurs(request) && !request.givenUp;
    request.handled = true;
    if (awaited) {
      giveUp(request);
    } else {
      requests.remove(request);
    }
  }

  /** Nobody waits for it any more, and etcd never hears of it. */
  void forget(TestingRequest request) {
    requests.remove(request);
  }

  long retryNanos() {
    return coarse() + 100_000_000;
  }

  /** Requests that the process at work waits for. */
  List<TestingRequest> awaited() {
    return requests.stream().filter(r -> isOurs(r) && !r.givenUp).toList();
  }

  boolean awaits(TestingRequest request) {
    return isOurs(request) && !request.givenUp;
  }

  // ---- the watch

  /** The sign that each renewal asks for. */
  void watchAnswers() {
    watch.answers(coarse());
  }

  void watchFrom(Snapshot snapshot) {
    watch.open(snapshot, coarse());
  }

  boolean canHear(TestingStore store) {
    return core != null && watch.canHear(store);
  }

  void hear(TestingStore store) {
    if (!watch.isOf(store)) {
      breakWatch();
      return;
    }
    undecided = true;
    core.changes(watch.hear(store, coarse()));
  }

  /** What the watch has to say of the time before the view's is of no use. */
  void skipHeard() {
    if (core != null) {
      watch.skip(last.view());
    }
  }

  void breakWatch() {
    undecided = true;
    watch.close();
    core.watchEnded();
  }
}
