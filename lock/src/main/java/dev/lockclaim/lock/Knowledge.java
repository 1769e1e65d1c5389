package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.decide.Running;
import dev.lockclaim.lock.decide.Situation;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.state.StateFile;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.lock.view.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a candidate knows; changed on its one thread only. The view and what runs may be read by
 * others.
 */
final class Knowledge {
  private static final Logger log = LoggerFactory.getLogger(Knowledge.class);
  private static final long SECOND = 1_000_000_000L;
  private static final long BACKOFF_LIMIT_NANOS = 60 * SECOND;

  /** A main that has run for so long is not one that ends at once each time. */
  private static final long WELL_NANOS = 600 * SECOND;

  /** Those whose lease may be out soon are passed over: two missed renewals of five. */
  private static final int FRESH_PERCENT = 55;

  /** A successor is looked for among the first ones; asking all would be slow. */
  private static final int SUCCESSORS = 3;

  private static final LockView NOTHING = LockView.of(new Snapshot(0, 0, List.of()));

  private final CandidateConfig config;
  private final StateFile state;
  private final BootClock clock;
  private final LockObserver observer;
  private final Identity self;

  private volatile LockView view = NOTHING;
  private volatile Optional<Running> running = Optional.empty();
  private long lease;
  private boolean leaseGone;
  private boolean confirm;
  private Timing timing;
  private Deadlines deadlines = new Deadlines(0, 0, 0);
  private boolean gatesReady;
  private long ran;
  private boolean leaving;
  private long yieldToken;
  private Optional<String> yieldTo = Optional.empty();
  private long notBeforeNanos;
  private long backoffNanos = SECOND;
  private Map<Long, Long> ledgerSeenNanos = Map.of();
  private final Set<Long> weak = new HashSet<>();
  private Optional<String> restored = Optional.empty();
  private boolean releaseOnly;
  private boolean stepUnderWay;
  private boolean needRead;
  private boolean watchDown = true;
  private long readNanos;
  private long nextTryNanos;
  private long joinedNanos;
  private boolean lost;
  private String trouble = "";
  private Set<String> toldProblems = Set.of();

  Knowledge(CandidateConfig config, StateFile state, BootClock clock, LockObserver observer) {
    this.config = config;
    this.state = state;
    this.clock = clock;
    this.observer = observer;
    Identity given = config.identity();
    self =
        new Identity(
            given.pod(), given.uid(), given.node(), given.revision(), state.marks().sidecar());
    timing = Timing.ofSeconds(config.ttlSeconds(), config.graceSeconds());
    ran = state.marks().ran();
  }

  Situation situation() {
    return new Situation(
        view,
        lease,
        leaseGone,
        deadlines,
        gatesReady,
        running,
        ran,
        state.marks().released(),
        leaving,
        yieldToken,
        yieldTo,
        notBeforeNanos,
        ledgerSeenNanos,
        Set.copyOf(weak),
        restored);
  }

  // ---- words of the gates

  void ready(boolean allGatesReady) {
    gatesReady = allGatesReady;
    if (allGatesReady && running.filter(Running::takenUp).isPresent()) {
      running = Optional.empty(); // what a former process ran is not there any more
    }
  }

  /** False when the token is not to run. */
  boolean started(long token) {
    boolean ours = running.filter(r -> r.token() == token).isPresent();
    if (ours) {
      running = running.map(Running::nowStarted);
    } else if (running.isEmpty() && token <= ran && ours(token)) {
      running = Optional.of(Running.takenUp(token, clock.nanos()).nowStarted());
      return true;
    }
    return ours;
  }

  private boolean ours(long token) {
    // Before the first read nobody knows; the gate's own deadline holds until then.
    return lease == 0 || view.heldBy(lease).stream().anyMatch(h -> h.token() == token);
  }

  void refused(long token, Refusal refusal) {
    if (running.filter(r -> r.token() == token).isEmpty()) {
      return;
    }
    running = Optional.empty();
    if (refusal == Refusal.LATE) {
      // The one case where a token may be sent again: it is proven that it has not run.
      ran = Math.min(ran, token - 1);
    } else {
      backOff();
    }
  }

  void ended(long token, Ending ending) {
    if (running.filter(r -> r.token() == token).isEmpty()) {
      return;
    }
    boolean well = clock.nanos() - running.get().sinceNanos() > WELL_NANOS;
    running = Optional.empty();
    lost = false;
    if (!ending.asked()) {
      if (well) {
        backoffNanos = SECOND;
      }
      backOff();
    }
    if (!ending.rejoin()) {
      leaving = true;
    }
  }

  void gateLost() {
    running = running.map(r -> r.nowLost(clock.nanos()));
  }

  private void backOff() {
    notBeforeNanos = clock.nanos() + backoffNanos;
    backoffNanos = Math.min(backoffNanos * 2, BACKOFF_LIMIT_NANOS);
  }

  // ---- wishes

  void leave() {
    leaving = true;
  }

  Optional<String> declineYield(boolean force, Optional<String> to) {
    LockView now = view;
    if (running.isEmpty()) {
      return Optional.of("this pod is not active, so there is nothing to yield");
    }
    if (to.isPresent()
        && now.queue().stream().noneMatch(c -> c.identity().pod().equals(to.get()))) {
      return Optional.of("pod " + to.get() + " is not in line; name one that is, or leave out to");
    }
    if (now.queue().isEmpty() && !force) {
      return Optional.of(
          "nobody is in line to take over; add force=true to stop main all the same");
    }
    return Optional.empty();
  }

  void giveUp(Optional<String> to) {
    yieldToken = running.map(Running::token).orElse(0L);
    yieldTo = to;
  }

  // ---- what was decided

  void aboutToRun(Holder holder) {
    write(
        state
            .marks()
            .withRan(holder.token())
            .withSeen(view.clusterId(), view.revision(), holder.epoch()));
    ran = holder.token();
    running = Optional.of(Running.asked(holder.token(), clock.nanos()));
    observer.transition("acquired");
    measureWait();
  }

  void aboutToStop(boolean isLost, String why) {
    running = running.map(Running::nowStopping);
    lost = isLost;
    if (isLost) {
      observer.lost(why);
    }
  }

  void aboutToGive(Holder holder) {
    if (state.marks().released() < holder.token()) {
      write(state.marks().withReleased(holder.token()));
      observer.transition("released");
    }
  }

  void begin() {
    stepUnderWay = true;
  }

  Step step(EtcdStep step, long wallMillis) {
    EtcdStep sent =
        step instanceof EtcdStep.Give(Holder holder, Optional<Queued> _) && releaseOnly
            ? new EtcdStep.Give(holder, Optional.empty())
            : step;
    return Steps.of(sent, view, lease, self, wallMillis);
  }

  // ---- what etcd says

  void connected(Connecting.Session session) {
    stepUnderWay = false;
    lease = session.lease();
    leaseGone = false;
    confirm = session.confirm();
    timing = Timing.ofSeconds(session.ttlSeconds(), config.graceSeconds());
    deadlines = timing.after(session.sentNanos());
    restored = Optional.empty();
    trouble = "";
    view = LockView.of(session.snapshot());
    watchDown = false;
    read();
    long epoch = view.settings().map(s -> s.epoch()).orElse(state.marks().epoch());
    write(state.marks().withLease(lease).withSeen(view.clusterId(), view.revision(), epoch));
    if (session.takenUp() && running.isEmpty()) {
      view.heldBy(lease).stream()
          .filter(h -> h.token() == ran && h.token() > state.marks().released())
          .findFirst()
          .filter(h -> !gatesReady)
          .ifPresent(h -> running = Optional.of(Running.takenUp(h.token(), clock.nanos())));
    }
    look();
  }

  void read(Snapshot snapshot, long sentRevision, boolean opened) {
    stepUnderWay = false;
    needRead = false;
    if (opened) {
      watchDown = false;
    }
    take(snapshot, sentRevision);
    read();
  }

  void done(EtcdStep step, Outcome outcome, long sentRevision) {
    stepUnderWay = false;
    if (outcome.done()) {
      if (step instanceof EtcdStep.Join) {
        joinedNanos = clock.nanos();
      }
      if (step instanceof EtcdStep.Give) {
        releaseOnly = false;
      }
    }
    take(outcome.snapshot(), sentRevision);
  }

  void stepFailed(EtcdStep step, EtcdFailure failure, long retryNanos) {
    boolean toSuccessor = step instanceof EtcdStep.Give give && give.successor().isPresent();
    switch (failure.kind()) {
      case NO_LEASE -> {
        if (toSuccessor && !releaseOnly) {
          releaseOnly = true; // the successor's lease has just ended
        } else {
          leaseGone = true;
        }
      }
      case DENIED -> {
        releaseOnly = releaseOnly || toSuccessor;
        backOff();
      }
      case UNKNOWN, CREDENTIALS -> {}
    }
    failed(failure, retryNanos);
  }

  void failed(EtcdFailure failure, long retryNanos) {
    log.warn("{}", failure.getMessage());
    trouble = failure.getMessage();
    stumbled(retryNanos);
  }

  void refusedByEtcd(String why, long retryNanos) {
    if (!trouble.equals(why)) {
      log.error("{}", why);
    }
    if (running.isPresent()) {
      restored = Optional.of(why); // what a former process ran is not safe on this etcd
    }
    trouble = why;
    stumbled(retryNanos + SECOND);
  }

  void stumbled(long retryNanos) {
    stepUnderWay = false;
    needRead = true; // the outcome is not known until etcd has been read
    nextTryNanos = retryNanos;
  }

  void changes(List<Change> changes) {
    view = view.apply(changes);
    look();
  }

  /** Nothing more is heard: what happened since is to be read. */
  void watchEnded() {
    watchDown = true;
    needRead = true;
  }

  void confirm(Snapshot snapshot) {
    take(snapshot, 0); // read beside the loop: the view may have gone on since
  }

  boolean renewed(Renewals.Wish kept, long sentNanos, long ttlSeconds) {
    if (kept.lease() != lease || leaseGone) {
      return false;
    }
    timing = Timing.ofSeconds(ttlSeconds, config.graceSeconds());
    Deadlines later = timing.after(sentNanos);
    if (later.goneNanos() > deadlines.goneNanos()) {
      deadlines = later;
    }
    trouble = needRead ? trouble : "";
    return true;
  }

  void leaseGone(long which) {
    if (which == lease) {
      leaseGone = true;
    }
  }

  void weak(long which, boolean isWeak) {
    if (isWeak) {
      weak.add(which);
    } else {
      weak.remove(which);
    }
  }

  /** A session whose lease is no more is forgotten once nothing runs; the next one begins. */
  void dropDeadSession() {
    if (lease != 0 && (leaseGone || restored.isPresent()) && running.isEmpty() && !stepUnderWay) {
      log.info("the session has ended; standing in line anew");
      lease = 0;
      leaseGone = false;
      restored = Optional.empty();
      yieldToken = 0;
      weak.clear();
      releaseOnly = false;
      view = NOTHING;
      write(state.marks().withLease(0));
    }
  }

  private void take(Snapshot snapshot, long sentRevision) {
    boolean other = snapshot.clusterId() != view.clusterId();
    if (other || snapshot.revision() < sentRevision) {
      // Linearizable answers never go back in one etcd: this is another, or an older one.
      restored = Optional.of("etcd was restored or replaced: what is held is not safe any more");
      return;
    }
    view = view.merge(snapshot);
    trouble = "";
    look();
  }

  private void read() {
    needRead = false;
    readNanos = clock.nanos();
  }

  private void look() {
    Map<Long, Long> seen = new HashMap<>();
    view.ledgers()
        .values()
        .forEach(
            ledger -> {
              if (!view.holders().containsKey(ledger.slot())) {
                seen.put(
                    ledger.modRevision(),
                    ledgerSeenNanos.getOrDefault(ledger.modRevision(), clock.nanos()));
              }
            });
    ledgerSeenNanos = Map.copyOf(seen);
    if (running.isEmpty() && view.heldBy(lease).isEmpty()) {
      yieldToken = 0;
    }
    Set<String> problems = Set.copyOf(view.problems());
    problems.stream().filter(p -> !toldProblems.contains(p)).forEach(p -> log.warn("{}", p));
    toldProblems = problems;
  }

  private void write(Marks marks) {
    try {
      state.write(marks);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the state file cannot be written (" + e.getMessage() + "); check the shared volume", e);
    }
  }

  // ---- questions

  long lease() {
    return lease;
  }

  long revision() {
    return view.revision();
  }

  Deadlines deadlines() {
    return deadlines;
  }

  boolean leaving() {
    return leaving;
  }

  boolean stepUnderWay() {
    return stepUnderWay;
  }

  long nextTryNanos() {
    return nextTryNanos;
  }

  OptionalLong runningToken() {
    return running.isPresent() ? OptionalLong.of(running.get().token()) : OptionalLong.empty();
  }

  Optional<Renewals.Wish> wish() {
    return lease == 0 || leaseGone || restored.isPresent()
        ? Optional.empty()
        : Optional.of(new Renewals.Wish(lease, timing, confirm));
  }

  /** Silent for two renewals, although each one asks for a sign. */
  boolean watchIsDown(long nowNanos, long heardNanos) {
    return watchDown || nowNanos - heardNanos > 3 * timing.renewMillis() * 1_000_000;
  }

  boolean mustRead(long nowNanos, long heardNanos) {
    return needRead
        || watchIsDown(nowNanos, heardNanos)
        || nowNanos - readNanos > timing.ttlMillis() * 1_000_000;
  }

  List<Long> firstInLine() {
    return view.queue().stream().limit(SUCCESSORS).map(Queued::lease).toList();
  }

  long freshSeconds() {
    return timing.ttlMillis() * FRESH_PERCENT / 100_000;
  }

  /** Whether a leaving candidate has nothing more to do. */
  boolean settled() {
    return leaving
        && (running.isPresent()
            || lease == 0
            || (view.heldBy(lease).isEmpty() && view.queued(lease).isEmpty()));
  }

  boolean nothingHeld() {
    return lease != 0 && running.isEmpty() && view.heldBy(lease).isEmpty();
  }

  CandidateStatus status(String reason, boolean closed) {
    LockView now = view;
    Optional<Holder> held = lease == 0 ? Optional.empty() : now.heldBy(lease).stream().findFirst();
    int position = 0;
    for (int i = 0; i < now.queue().size() && lease != 0; i++) {
      if (now.queue().get(i).lease() == lease) {
        position = i + 1;
      }
    }
    return new CandidateStatus(
        state(held, closed),
        held,
        List.copyOf(now.holders().values()),
        position,
        now.queue().size(),
        deadlines,
        trouble.isEmpty() ? reason : trouble);
  }

  private CandidateStatus.State state(Optional<Holder> held, boolean closed) {
    if (closed) {
      return CandidateStatus.State.STOPPED;
    }
    if (running.isPresent() && lease != 0) {
      if (running.get().stopAsked()) {
        return lost ? CandidateStatus.State.LOST : CandidateStatus.State.STOPPING;
      }
      return running.get().started()
          ? CandidateStatus.State.ACTIVE
          : CandidateStatus.State.STARTING;
    }
    if (lease == 0) {
      return CandidateStatus.State.CONNECTING;
    }
    if (held.isPresent()) {
      return held.get().token() > ran
          ? CandidateStatus.State.STARTING
          : CandidateStatus.State.STOPPING;
    }
    return CandidateStatus.State.WAITING;
  }

  /** How long the pod stood in line for what it was granted. */
  private void measureWait() {
    if (joinedNanos != 0) {
      observer.acquired((clock.nanos() - joinedNanos) / 1e9);
      joinedNanos = 0;
    }
  }
}
