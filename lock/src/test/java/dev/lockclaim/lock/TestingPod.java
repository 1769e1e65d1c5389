package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A pod: the core that the product runs, a gate, and everything on the way between them and to
 * etcd. Whoever drives it says what arrives when, if ever.
 */
final class TestingPod {
  /** A request that etcd may handle now, later, or never. */
  static final class Request {
    final int process;
    final Action action; // null for a renewal
    final Renewals.Wish wish; // of a renewal
    final long sentNanos;
    boolean handled;
    boolean givenUp;
    Object answer;

    Request(int process, Action action, Renewals.Wish wish, long sentNanos) {
      this.process = process;
      this.action = action;
      this.wish = wish;
      this.sentNanos = sentNanos;
    }

    Request copy() {
      Request copy = new Request(process, action, wish, sentNanos);
      copy.handled = handled;
      copy.givenUp = givenUp;
      copy.answer = answer;
      return copy;
    }

    boolean isRenewal() {
      return action == null;
    }
  }

  final CandidateConfig config;
  final int index;
  final long ppm;
  final TestingMarks marks;
  TestingGate gate = new TestingGate();
  TestingGate.Connection connection;
  List<TestingGate.Connection> older = new ArrayList<>();
  CandidateCore core;
  Turn last;
  boolean turned;
  boolean undecided = true;
  long watchFrom;
  long watchCluster;
  boolean watching;
  boolean silent;
  long heardNanos;
  long mission;
  long stopWanted;
  int knownInstance;
  long worldNanos;
  List<Request> requests = new ArrayList<>();

  TestingPod(int index, int ttlSeconds, int graceSeconds, int slots, long ppm) {
    this(
        new CandidateConfig(
            "ns",
            "lock",
            new Identity("pod-" + index, "uid-" + index, "", "", 0),
            ttlSeconds,
            graceSeconds,
            OptionalInt.of(slots)),
        index,
        ppm,
        new TestingMarks(new Marks("boot", "uid-" + index, 0, 0, 0, 0, 0, 0, 0)));
  }

  TestingPod(CandidateConfig config, int index, long ppm, TestingMarks marks) {
    this.config = config;
    this.index = index;
    this.ppm = ppm;
    this.marks = marks;
  }

  /** The machine's clock, which the gate reads exactly. */
  long clock() {
    return worldNanos + worldNanos / 1_000_000 * ppm;
  }

  /** As /proc/uptime has it: hundredths, rounded down. */
  long coarse() {
    return clock() / 10_000_000 * 10_000_000;
  }

  // ---- the sidecar's process

  void startSidecar() {
    undecided = true;
    marks.nextSidecar();
    core = new CandidateCore(config, marks, this::coarse, () -> 0, new LockObserver() {});
    last = core.before();
    turned = false;
    mission = 0;
    stopWanted = 0;
    knownInstance = 0;
    watching = false;
    connection = null;
  }

  /** SIGKILL of the sidecar: what it has sent is on its way. */
  void crashSidecar() {
    core = null;
    if (connection != null) {
      older.add(connection);
      connection = null;
    }
  }

  void connectGate() {
    connection = new TestingGate.Connection();
    gate.connect(connection);
  }

  void turn() {
    last = core.turn(heardNanos);
    turned = true;
    undecided = !last.actions().isEmpty();
    for (Action action : last.actions()) {
      perform(action);
    }
  }

  private void perform(Action action) {
    switch (action) {
      case Action.Run(Grant grant, Deadlines deadlines) -> {
        mission = grant.token();
        send(new TestingGate.Run(grant.token(), deadlines.termNanos(), deadlines.killNanos()));
      }
      case Action.Extend(long token, Deadlines deadlines) ->
          send(new TestingGate.Times(token, deadlines.termNanos(), deadlines.killNanos()));
      case Action.Stop(long token, int graceSeconds, String _) -> {
        stopWanted = token;
        send(new TestingGate.Stop(token, graceSeconds * 1_000_000_000L));
      }
      case Action.AskFreshness _ -> {} // none is known to be weak: the line's own order
      case Action.Connect _, Action.Read _, Action.Perform _, Action.AskLease _ ->
          requests.add(new Request(marks.marks().sidecar(), action, null, coarse()));
    }
  }

  private void send(TestingGate.Line line) {
    if (connection != null && !connection.closed) {
      connection.toGate.add(line);
    }
  }

  void sendRenewal() {
    turned = false;
    requests.add(new Request(marks.marks().sidecar(), null, last.wish().orElseThrow(), coarse()));
  }

  boolean mayRenew() {
    return core != null
        && turned
        && last.wish().isPresent()
        && requests.stream().noneMatch(r -> isOurs(r) && r.isRenewal() && !r.givenUp);
  }

  private boolean isOurs(Request request) {
    return core != null && request.process == marks.marks().sidecar();
  }

  // ---- the gate's lines

  void sidecarReads() {
    undecided = true;
    TestingGate.Line line = connection.toSidecar.poll();
    switch (line) {
      case TestingGate.Here here -> hear(here);
      case TestingGate.Started(long token) -> started(token);
      case TestingGate.Refused(long token, Refusal why) -> {
        mission = 0;
        core.refused(token, why);
      }
      case TestingGate.Ended(long token, boolean asked, boolean exits) -> {
        mission = mission == token ? 0 : mission;
        stopWanted = stopWanted == token ? 0 : stopWanted;
        core.ended(token, new Ending(asked, 0, exits ? Ending.Next.EXIT : Ending.Next.WAIT, true));
        if (mission == 0) {
          core.ready(!exits);
        }
      }
      case TestingGate.Eof() -> {
        connection = null;
        if (mission != 0) {
          core.gateLost();
        } else {
          core.ready(false);
        }
      }
      default -> throw new IllegalStateException("a sidecar's line on the way to the sidecar");
    }
  }

  private void hear(TestingGate.Here here) {
    connection.toGate.add(new TestingGate.Hello(marks.marks().sidecar()));
    boolean another = knownInstance != 0 && knownInstance != here.instance();
    knownInstance = here.instance();
    if (mission != 0 && another) {
      // The old namespace is gone.
      long token = mission;
      mission = 0;
      stopWanted = 0;
      core.ended(token, new Ending(false, 0, Ending.Next.WAIT, true));
    }
    if (here.state() != TestingGate.State.WAITING) {
      started(here.token());
    } else if (mission == 0) {
      core.ready(true);
    }
    if (stopWanted != 0) {
      send(new TestingGate.Stop(stopWanted, 0));
    }
  }

  private void started(long token) {
    mission = token;
    if (!core.started(token)) {
      stopWanted = token;
      send(new TestingGate.Stop(token, 0));
    }
  }

  // ---- requests

  /** Etcd handles a request, whoever still waits for it. */
  void handle(Request request, TestingStore store) {
    request.handled = true;
    try {
      request.answer =
          request.isRenewal()
              ? (Object) store.renew(request.wish.lease(), Duration.ZERO)
              : handled(request, store);
    } catch (EtcdFailure | Connecting.Refused e) {
      request.answer = e;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (!isOurs(request) || request.givenUp) {
      requests.remove(request);
    }
  }

  private Object handled(Request request, TestingStore store)
      throws EtcdFailure, InterruptedException, Connecting.Refused {
    return switch (request.action) {
      case Action.Connect(Marks known) ->
          new Connecting(store, config, this::coarse).connect(known);
      case Action.Read _ -> store.snapshot();
      case Action.AskLease(long lease) -> !store.leases().containsKey(lease);
      case Action.Perform perform -> store.step(perform.transaction(), Duration.ZERO);
      default -> throw new IllegalStateException("not a request");
    };
  }

  /** The answer arrives. */
  void answer(Request request) {
    undecided = true;
    requests.remove(request);
    switch (request.answer) {
      case Boolean leaseOver ->
          core.leaseWord(((Action.AskLease) request.action).lease(), leaseOver);
      case Renewed none when none.ttlSeconds() == 0 -> core.leaseGone(request.wish.lease());
      case Renewed renewed -> {
        core.renewed(request.wish.lease(), request.sentNanos, renewed, Optional.empty());
        if (watching && !silent) {
          heardNanos = coarse(); // the sign that each renewal asks for
        }
      }
      case Connecting.Begun begun -> {
        core.connected(begun);
        watchFrom(begun.snapshot());
      }
      case Snapshot snapshot -> {
        Action.Read read = (Action.Read) request.action;
        core.read(snapshot, read.sentRevision(), read.openWatch());
        if (read.openWatch()) {
          watchFrom(snapshot);
        }
      }
      case dev.lockclaim.lock.etcd.Outcome outcome -> {
        Action.Perform perform = (Action.Perform) request.action;
        core.done(perform.step(), outcome, perform.sentRevision());
      }
      case Connecting.Refused refused ->
          core.refusedByEtcd(refused.getMessage(), refused.forGood(), retry());
      case EtcdFailure failure -> failed(request, failure.kind());
      default -> throw new IllegalStateException("no answer");
    }
  }

  /** The caller's deadline is over; the request goes on its way all the same. */
  void giveUp(Request request) {
    undecided = true;
    request.givenUp = true;
    if (request.handled) {
      requests.remove(request);
    }
    if (!request.isRenewal()) {
      failed(request, EtcdFailure.Kind.UNKNOWN);
    }
  }

  private void failed(Request request, EtcdFailure.Kind kind) {
    if (request.action instanceof Action.Perform perform) {
      core.stepFailed(perform.step(), kind, "", retry());
    } else {
      core.failed("", retry());
    }
  }

  private long retry() {
    return coarse() + 100_000_000;
  }

  /** Requests of processes that are no more, when they were handled or lost. */
  void forget(Request request) {
    requests.remove(request);
  }

  /** Requests that the process at work waits for. */
  List<Request> awaited() {
    return requests.stream().filter(r -> isOurs(r) && !r.givenUp).toList();
  }

  // ---- the watch

  private void watchFrom(Snapshot snapshot) {
    watchFrom = snapshot.revision() + 1;
    watchCluster = snapshot.clusterId();
    watching = true;
    silent = false;
    heardNanos = coarse();
  }

  boolean canHear(TestingStore store) {
    return core != null
        && watching
        && !silent
        && (store.revision() >= watchFrom || store.clusterId() != watchCluster);
  }

  void hear(TestingStore store) {
    undecided = true;
    if (store.clusterId() != watchCluster) {
      breakWatch();
      return;
    }
    core.changes(store.changesFrom(watchFrom));
    watchFrom = store.revision() + 1;
    heardNanos = coarse();
  }

  void breakWatch() {
    undecided = true;
    watching = false;
    core.watchEnded();
  }

  void dropOlder() {
    for (Iterator<TestingGate.Connection> all = older.iterator(); all.hasNext(); ) {
      if (!gate.connections.contains(all.next())) {
        all.remove();
      }
    }
  }
}
