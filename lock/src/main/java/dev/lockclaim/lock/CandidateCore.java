package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decide;
import dev.lockclaim.lock.decide.Decision;
import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.decide.LeaseWord;
import dev.lockclaim.lock.decide.Situation;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.state.MarkStore;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Snapshot;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * All of a candidate that decides: words come in, each {@link #turn} says what to do. It does no
 * I/O but for the marks, has no threads and reads no clock but the one it is given, so that a
 * simulation drives the very code that runs. Not safe for use by several threads.
 */
final class CandidateCore {
  private static final long SECOND = 1_000_000_000L;

  private final BootClock clock;
  private final Session session;
  private final Tenure tenure;
  private final Conversation etcd;
  private final Orders orders;

  /**
   * A core that has heard nothing.
   *
   * @param wallMillis for people to read: nothing is decided by it
   */
  CandidateCore(
      CandidateConfig config,
      MarkStore store,
      BootClock clock,
      LongSupplier wallMillis,
      LockObserver observer) {
    this.clock = clock;
    Identity given = config.identity();
    Identity self =
        new Identity(
            given.pod(), given.uid(), given.node(), given.revision(), store.marks().sidecar());
    session = new Session(config.ttlSeconds(), config.graceSeconds());
    tenure = new Tenure(store);
    etcd = new Conversation(config.namespace() + "/" + config.name());
    orders = new Orders(config, self, wallMillis, observer, session, tenure, etcd);
  }

  /** What there is to say before the first turn. */
  Turn before() {
    return new Turn(
        List.of(),
        Optional.empty(),
        0,
        false,
        0,
        OptionalLong.empty(),
        etcd.view(),
        "not started yet");
  }

  // ---- words of the gates

  void ready(boolean allGatesReady) {
    tenure.ready(allGatesReady);
  }

  /** False when the token is not to run. */
  boolean started(long token) {
    // Before the first read nobody knows; the gate's own deadline holds until then.
    boolean ours =
        session.lease() == 0
            || etcd.view().heldBy(session.lease()).stream().anyMatch(h -> h.token() == token);
    return tenure.started(token, ours, clock.nanos());
  }

  void refused(long token, Refusal refusal) {
    tenure.refused(token, refusal, session.deadlines().termNanos(), clock.nanos());
  }

  void ended(long token, Ending ending) {
    tenure.ended(token, ending, clock.nanos());
  }

  void gateLost() {
    tenure.gateLost(clock.nanos());
  }

  /** Asks who in line has missed renewals, while main stops; nothing when nobody is. */
  Optional<Action> askFreshness() {
    return orders.askFreshness();
  }

  // ---- wishes

  void leave() {
    tenure.leave();
  }

  void giveUp(Optional<String> to) {
    tenure.giveUp(to);
  }

  // ---- what etcd says

  void connected(Connecting.Begun begun) {
    session.begin(begun);
    etcd.begin(begun.snapshot(), clock.nanos());
    LockView view = etcd.view();
    // Before the marks, which may not be taken: what may run is never forgotten.
    if (begun.takenUp() && tenure.running().isEmpty()) {
      view.heldBy(session.lease()).stream()
          .filter(h -> h.token() == tenure.ran() && h.token() > tenure.marks().released())
          .findFirst()
          .ifPresent(h -> tenure.takeUp(h.token(), clock.nanos()));
    }
    long epoch = view.settings().map(s -> s.epoch()).orElse(tenure.marks().epoch());
    tenure.write(
        tenure
            .marks()
            .withLease(session.lease())
            .withSeen(view.clusterId(), view.revision(), epoch));
  }

  /** The answer to {@link Action.Read}. */
  void read(Snapshot snapshot, long sentRevision, boolean watchOpened) {
    etcd.answered();
    if (watchOpened) {
      etcd.watchOpened(clock.nanos());
    }
    if (take(snapshot, sentRevision)) {
      etcd.wasRead(clock.nanos());
      tenure.write(seen());
    }
  }

  void done(EtcdStep step, Outcome outcome, long sentRevision) {
    etcd.answered();
    if (outcome.done()) {
      boolean joins = step instanceof EtcdStep.Join;
      if (step instanceof EtcdStep.Give give) {
        session.given();
        joins = give.rejoin();
      }
      if (joins) {
        orders.joined(clock.nanos());
      }
    }
    take(outcome.snapshot(), sentRevision);
  }

  void stepFailed(EtcdStep step, EtcdFailure.Kind kind, String why, long retryNanos) {
    session.giveFailed(kind, step instanceof EtcdStep.Give give && give.successor().isPresent());
    if (kind == EtcdFailure.Kind.DENIED) {
      tenure.backOff(clock.nanos()); // another in line may be allowed to do it
    }
    etcd.failed(why, false, retryNanos);
  }

  void failed(String why, long retryNanos) {
    etcd.failed(why, false, retryNanos);
  }

  /** This etcd is not to be used, or not yet. */
  void refusedByEtcd(String why, boolean forGood, long retryNanos) {
    if (tenure.running().isPresent()) {
      session.restored(why); // what a former process ran is not safe on this etcd
    }
    etcd.failed(why, forGood, retryNanos + SECOND);
  }

  void changes(List<Change> changes) {
    // A watch on a restored etcd says nothing of the view that there is.
    if (session.lease() != 0 && session.restored().isEmpty()) {
      etcd.changes(changes, clock.nanos());
    }
  }

  /** The answer to {@link Action.AskLease}. */
  void leaseWord(long lease, boolean ended) {
    etcd.answered();
    etcd.leaseWord(lease, new LeaseWord(ended, clock.nanos()));
  }

  void watchEnded() {
    etcd.watchEnded(clock.nanos());
  }

  /** A renewal of the lease was answered, and where that is no proof the lock was read after it. */
  void renewed(long lease, long sentNanos, Renewed answer, Optional<Snapshot> read) {
    if (lease != session.lease() || session.isGone()) {
      return;
    }
    if (answer.clusterId() != etcd.view().clusterId()) {
      session.restored(Loss.ETCD_RESTORED.sentence());
      return;
    }
    // Read beside the loop: the view may have gone on since.
    if (read.isPresent() && !take(read.get(), 0)) {
      return;
    }
    if (session.renewed(lease, sentNanos, answer.ttlSeconds())) {
      orders.renewed();
      if (!etcd.needRead()) {
        etcd.wentWell();
      }
    }
  }

  void leaseGone(long which) {
    session.gone(which);
  }

  void weak(long which, boolean isWeak) {
    session.weak(which, isWeak);
  }

  /** Marks with what was seen of etcd: the next session must know a restored one by it. */
  private Marks seen() {
    LockView view = etcd.view();
    Marks marks = tenure.marks();
    return view.clusterId() == marks.clusterId() && view.revision() > marks.revision()
        ? marks.withSeen(
            view.clusterId(),
            view.revision(),
            view.settings().map(Settings::epoch).orElse(marks.epoch()))
        : marks;
  }

  private boolean take(Snapshot snapshot, long sentRevision) {
    if (session.lease() == 0 || session.restored().isPresent()) {
      return false; // a late word of a session that is over
    }
    boolean taken = etcd.take(snapshot, sentRevision, clock.nanos());
    if (taken) {
      etcd.wentWell();
    } else {
      session.restored(Loss.ETCD_RESTORED.sentence());
    }
    return taken;
  }

  // ---- the turn

  /**
   * Decides.
   *
   * @param heardNanos when the watch was heard last, even that nothing happened
   * @throws java.io.UncheckedIOException when the marks are not taken: then nothing is to be done
   */
  Turn turn(long heardNanos) {
    forgetWhatIsOver();
    long now = clock.nanos();
    Decision decision = Decide.next(situation(), now);
    List<Action> actions = orders.of(decision, now, heardNanos);
    LockView view = etcd.view();
    boolean holds = session.lease() != 0 && !view.heldBy(session.lease()).isEmpty();
    boolean runs = tenure.running().isPresent();
    boolean waits = session.lease() != 0 && view.queued(session.lease()).isPresent();
    // A join of unknown outcome may have been granted since.
    boolean unsure = session.lease() != 0 && etcd.needRead();
    return new Turn(
        actions,
        decision.renew() ? wish() : Optional.empty(),
        etcd.stepUnderWay() ? decision.wakeNanos() : wake(decision.wakeNanos(), now),
        tenure.leaving() && !etcd.stepUnderWay() && (runs || !(holds || waits || unsure)),
        runs || holds ? 0 : session.lease(),
        tenure.runningToken(),
        view,
        decision.reason());
  }

  private Situation situation() {
    return new Situation(
        etcd.view(),
        session.lease(),
        session.isGone(),
        session.deadlines(),
        tenure.gatesReady(),
        tenure.running(),
        tenure.ran(),
        tenure.marks().released(),
        tenure.leaving(),
        tenure.yieldToken(),
        tenure.yieldTo(),
        tenure.notBeforeNanos(),
        tenure.lateTermNanos(),
        etcd.ledgerSeenNanos(),
        etcd.leaseWords(),
        session.weak(),
        session.restored());
  }

  /** A session whose lease is no more is forgotten once nothing runs; the next one begins. */
  private void forgetWhatIsOver() {
    if (tenure.running().isEmpty()) {
      if (session.isOver() && !etcd.stepUnderWay()) {
        tenure.write(seen().withLease(0));
        session.end();
        etcd.end();
        tenure.yieldIsOver();
      } else if (etcd.view().heldBy(session.lease()).isEmpty()) {
        tenure.yieldIsOver();
      }
    }
  }

  private Optional<Renewals.Wish> wish() {
    return session.lease() == 0 || session.isOver()
        ? Optional.empty()
        : Optional.of(new Renewals.Wish(session.lease(), session.timing(), session.confirm()));
  }

  private long wake(long wakeNanos, long now) {
    return etcd.nextTryNanos() > now ? Math.min(wakeNanos, etcd.nextTryNanos()) : wakeNanos;
  }

  /** For people and metrics; nothing is decided by it. */
  CandidateStatus status(String reason) {
    return Report.of(session, tenure, etcd, reason);
  }
}
