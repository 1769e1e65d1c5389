package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decide;
import dev.lockclaim.lock.decide.Decision;
import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.decide.Decision.MainStep;
import dev.lockclaim.lock.decide.LeaseWord;
import dev.lockclaim.lock.decide.Situation;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.state.MarkStore;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Snapshot;
import java.util.ArrayList;
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

  /** Those whose lease may be out soon are passed over: two missed renewals of five. */
  private static final int FRESH_PERCENT = 55;

  /** A successor is looked for among the first ones; asking all would be slow. */
  private static final int SUCCESSORS = 3;

  /** A renewal may be answered just before the first try. */
  private static final int IDLE_RENEWALS = 2;

  private final CandidateConfig config;
  private final BootClock clock;
  private final LongSupplier wallMillis;
  private final LockObserver observer;
  private final Identity self;
  private final Session session;
  private final Tenure tenure;
  private final Conversation etcd;
  private boolean extend;
  private int renewalsWithoutGrant;
  private long joinedNanos;

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
    this.config = config;
    this.clock = clock;
    this.wallMillis = wallMillis;
    this.observer = observer;
    Identity given = config.identity();
    self =
        new Identity(
            given.pod(), given.uid(), given.node(), given.revision(), store.marks().sidecar());
    session = new Session(config.ttlSeconds(), config.graceSeconds());
    tenure = new Tenure(store);
    etcd = new Conversation(config.namespace() + "/" + config.name());
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
      if (step instanceof EtcdStep.Join) {
        joinedNanos = clock.nanos();
      }
      if (step instanceof EtcdStep.Give) {
        session.given();
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
      extend = true;
      renewalsWithoutGrant++;
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
    letOthersGoFirst(decision.etcd(), now);
    List<Action> actions = new ArrayList<>(2);
    if (extend && tenure.running().filter(r -> !r.stopAsked()).isPresent()) {
      actions.add(new Action.Extend(tenure.running().get().token(), session.deadlines()));
    }
    extend = false;
    towardsMain(decision.main(), now, actions);
    if (!etcd.stepUnderWay()) {
      try {
        towardsEtcd(decision.etcd(), now, heardNanos, actions);
      } catch (RuntimeException e) {
        // What was decided for main is to be done all the same.
        etcd.couldNotSend(e, now + SECOND);
      }
    }
    LockView view = etcd.view();
    boolean holds = session.lease() != 0 && !view.heldBy(session.lease()).isEmpty();
    boolean runs = tenure.running().isPresent();
    boolean waits = session.lease() != 0 && view.queued(session.lease()).isPresent();
    return new Turn(
        List.copyOf(actions),
        decision.renew() ? wish() : Optional.empty(),
        etcd.stepUnderWay() ? decision.wakeNanos() : wake(decision.wakeNanos(), now),
        tenure.leaving() && !etcd.stepUnderWay() && (runs || !(holds || waits)),
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

  /** First in line, lease kept, and still no grant of a slot that is free: another may manage. */
  private void letOthersGoFirst(EtcdStep step, long now) {
    if (!(step instanceof EtcdStep.Grant)) {
      renewalsWithoutGrant = 0;
    } else if (renewalsWithoutGrant > IDLE_RENEWALS) {
      renewalsWithoutGrant = 0;
      tenure.backOff(now);
    }
  }

  private void towardsMain(MainStep step, long now, List<Action> actions) {
    switch (step) {
      case MainStep.None() -> {}
      case MainStep.Run(Holder holder) -> {
        LockView view = etcd.view();
        tenure.aboutToRun(holder, view.clusterId(), view.revision(), now);
        actions.add(new Action.Run(new Grant(holder.token(), holder.slot()), session.deadlines()));
        observer.transition("acquired");
        if (joinedNanos != 0) {
          observer.acquired((now - joinedNanos) / 1e9);
          joinedNanos = 0;
        }
      }
      case MainStep.Stop(long token, Optional<Loss> loss, String why) -> {
        tenure.aboutToStop(loss.isPresent());
        loss.ifPresent(observer::lost);
        // What is lost may run elsewhere already.
        actions.add(new Action.Stop(token, loss.isPresent() ? 0 : config.graceSeconds(), why));
      }
    }
  }

  private void towardsEtcd(EtcdStep step, long now, long heardNanos, List<Action> actions) {
    if (!etcd.mayTry(now)) {
      return;
    }
    if (session.lease() == 0) {
      if (!tenure.leaving()) {
        etcd.sent();
        actions.add(new Action.Connect(tenure.marks()));
      }
    } else if (etcd.mustRead(now, heardNanos, session.timing())) {
      etcd.sent();
      boolean open = etcd.watchIsDown(now, heardNanos, session.timing());
      actions.add(new Action.Read(etcd.view().revision(), open));
    } else if (step instanceof EtcdStep.AskLease(long lease)) {
      etcd.sent();
      actions.add(new Action.AskLease(lease));
    } else if (!(step instanceof EtcdStep.None)) {
      if (step instanceof EtcdStep.Give give && tenure.aboutToGive(give.holder().token())) {
        observer.transition("released");
      }
      EtcdStep sent =
          step instanceof EtcdStep.Give(Holder holder, Optional<Queued> _) && session.releaseOnly()
              ? new EtcdStep.Give(holder, Optional.empty())
              : step;
      actions.add(
          new Action.Perform(
              sent,
              Steps.of(sent, etcd.view(), session.lease(), self, wallMillis.getAsLong()),
              etcd.view().revision()));
      etcd.sent();
    }
  }

  /**
   * While main stops there is time to find out who in line has missed renewals. A main that ends at
   * once leaves no time to hear of it, and is not made to wait for that.
   */
  Optional<Action> askFreshness() {
    List<Long> leases = etcd.view().queue().stream().limit(SUCCESSORS).map(Queued::lease).toList();
    return leases.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Action.AskFreshness(
                leases, session.timing().ttlMillis() * FRESH_PERCENT / 100_000));
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
