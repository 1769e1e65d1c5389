package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decide;
import dev.lockclaim.lock.decide.Decision;
import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.decide.Decision.MainStep;
import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.state.StateFile;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pod's part in a lock: stands in line, holds, runs main through {@link Main}, gives away. All
 * decisions are made on one thread, one after the other, from {@link Knowledge}; inputs may come
 * from any thread and return at once.
 *
 * <p>Guaranteed: main is run only under a token that etcd granted to this pod's lease, once per
 * token, with deadlines that end it before the lease can pass on; a token is given away only after
 * {@link #ended} or the proof that it never ran.
 */
public final class Candidate implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Candidate.class);

  private static final Duration STEP_DEADLINE = Duration.ofSeconds(1);
  private static final Duration LEAVE_DEADLINE = Duration.ofSeconds(3);
  private static final long RETRY_BASE_MILLIS = 100;
  private static final long RETRY_SPREAD_MILLIS = 200;

  /** The kubelet's probe period times threshold is above this; a turn takes microseconds. */
  private static final long STUCK_NANOS = 10_000_000_000L;

  private final CandidateConfig config;
  private final Etcd etcd;
  private final StateFile state;
  private final BootClock clock;
  private final Main main;
  private final LockObserver observer;
  private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final Knowledge known;
  private final Watches watches;
  private final Renewals renewals;
  private final CountDownLatch settled = new CountDownLatch(1);
  private final Thread thread;
  private volatile Optional<Renewals.Wish> wish = Optional.empty();
  private final AtomicLong turns = new AtomicLong();
  private volatile long turnNanos;
  private volatile CandidateStatus status;
  private volatile boolean ended;

  /** A candidate that does nothing before {@link #start}. */
  public Candidate(
      CandidateConfig config,
      Etcd etcd,
      StateFile state,
      BootClock clock,
      Main main,
      LockObserver observer) {
    this.config = config;
    this.etcd = etcd;
    this.state = state;
    this.clock = clock;
    this.main = main;
    this.observer = observer;
    known = new Knowledge(config, state, clock, observer);
    status = known.status("not started yet", false);
    turnNanos = clock.nanos();
    watches = new Watches(etcd, clock, new Watched());
    renewals = new Renewals(etcd, clock, observer, new Renewed());
    thread = Thread.ofVirtual().name("lock").unstarted(this::loop);
  }

  /** Begins to stand in line as soon as the gates are ready; returns at once. */
  public void start() {
    thread.start();
    renewals.start();
  }

  /** Every gate of the pod waits for RUN, or not all do. Not said while main runs. */
  public void ready(boolean allGatesReady) {
    say(() -> known.ready(allGatesReady));
  }

  /** Main runs under the token. */
  public void started(long token) {
    say(
        () -> {
          if (!known.started(token)) {
            main.stop(token, Duration.ZERO, "the token is not ours");
          }
        });
  }

  /** Main was not run. */
  public void refused(long token, Refusal refusal) {
    say(() -> known.refused(token, refusal));
  }

  /** Main is on its way out. */
  public void stopping(long token) {
    say(this::lookAtSuccessors);
  }

  /** No process of main is left. */
  public void ended(long token, Ending ending) {
    say(() -> known.ended(token, ending));
  }

  /** The connection to a gate broke while main runs or may run; that is no end. */
  public void gateLost() {
    say(known::gateLost);
  }

  /**
   * Asks to give the lock up: main is stopped and the lock goes to the next in line.
   *
   * @param force also when nobody is in line
   * @param to the pod to give it to
   */
  public YieldResult giveUp(boolean force, Optional<String> to) {
    Optional<String> declined = known.declineYield(force, to);
    if (declined.isPresent()) {
      return new YieldResult.Declined(declined.get());
    }
    say(() -> known.giveUp(to));
    return new YieldResult.Accepted();
  }

  /** What is known now; any thread. */
  public CandidateStatus status() {
    return status;
  }

  /** Why this candidate does not decide any more, if it does not. */
  public Optional<String> stuck() {
    long since = clock.nanos() - turnNanos;
    return since > STUCK_NANOS && !ended
        ? Optional.of("no decision was made for " + since / 1_000_000_000 + " s")
        : Optional.empty();
  }

  /**
   * Leaves. While main may run nothing is given back: the lease is left to the next sidecar process
   * or to run out. Else the place or the lock is given back first. Takes three seconds at most.
   */
  @Override
  public void close() {
    say(known::leave);
    try {
      boolean clean = settled.await(LEAVE_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      ended = true;
      renewals.close();
      thread.interrupt();
      thread.join(LEAVE_DEADLINE);
      watches.close();
      if (clean && known.nothingHeld()) {
        etcd.revoke(known.lease(), STEP_DEADLINE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (EtcdFailure e) {
      log.info("the lease was not ended and runs out by itself: {}", e.getMessage());
    }
    etcd.close();
    try {
      state.close();
    } catch (IOException e) {
      log.warn("the state file was not closed", e);
    }
  }

  // ---- the loop; all below runs on its thread unless said otherwise

  private void loop() {
    while (!ended) {
      try {
        Decision decision = turn();
        long wait = decision.wakeNanos() - clock.nanos();
        Runnable word = inbox.poll(Math.max(wait, 1_000_000), TimeUnit.NANOSECONDS);
        while (word != null) {
          word.run();
          word = inbox.poll();
        }
      } catch (InterruptedException e) {
        if (!ended) {
          log.warn("the lock's loop was interrupted; going on", e);
        }
      } catch (RuntimeException e) {
        log.error("a decision failed in an unforeseen way; going on", e);
      }
    }
  }

  private Decision turn() {
    known.dropDeadSession();
    long now = clock.nanos();
    Decision decision = Decide.next(known.situation(), now);
    act(decision.main());
    if (!known.stepUnderWay()) {
      act(decision.etcd(), now);
    }
    wish = decision.renew() ? known.wish() : Optional.empty();
    turns.incrementAndGet();
    turnNanos = now;
    if (known.settled() && !known.stepUnderWay()) {
      settled.countDown();
    }
    CandidateStatus next = known.status(decision.reason(), ended);
    if (!next.equals(status)) {
      status = next;
      observer.changed();
    }
    return decision;
  }

  private void act(MainStep step) {
    switch (step) {
      case MainStep.None() -> {}
      case MainStep.Run(Holder holder) -> {
        known.aboutToRun(holder);
        main.run(new Grant(holder.token(), holder.slot()), known.deadlines());
      }
      case MainStep.Stop(long token, boolean lost, String why) -> {
        known.aboutToStop(lost, why);
        lookAtSuccessors();
        // What is lost may run elsewhere already.
        main.stop(token, lost ? Duration.ZERO : Duration.ofSeconds(config.graceSeconds()), why);
      }
    }
  }

  private void act(EtcdStep step, long now) {
    if (known.lease() == 0 && !(step instanceof EtcdStep.ClearLedger)) {
      if (now >= known.nextTryNanos() && !known.leaving()) {
        known.begin();
        background("connect", this::connect);
      }
    } else if (known.mustRead(now, watches.heardNanos())) {
      if (now >= known.nextTryNanos()) {
        known.begin();
        long sentRevision = known.revision();
        boolean open = known.watchIsDown(now, watches.heardNanos());
        background("read", () -> read(sentRevision, open));
      }
    } else if (!(step instanceof EtcdStep.None) && now >= known.nextTryNanos()) {
      if (step instanceof EtcdStep.Give give) {
        known.aboutToGive(give.holder());
      }
      known.begin();
      long sentRevision = known.revision();
      var transaction = known.step(step, System.currentTimeMillis());
      background("step", () -> perform(step, transaction, sentRevision));
    }
  }

  // ---- on threads of their own, each answered by a word to the loop

  private void connect() throws InterruptedException {
    try {
      Connecting.Session session = new Connecting(etcd, config, clock).connect(state.marks());
      // The view first: what the watch tells goes on top of it.
      say(() -> known.connected(session));
      watch(session.snapshot());
    } catch (EtcdFailure e) {
      say(() -> known.failed(e, retryNanos()));
    } catch (Connecting.Refused e) {
      say(() -> known.refusedByEtcd(e.getMessage(), retryNanos()));
    }
  }

  private void read(long sentRevision, boolean open) throws InterruptedException {
    try {
      Snapshot snapshot = etcd.read(STEP_DEADLINE);
      say(() -> known.read(snapshot, sentRevision, open));
      if (open) {
        watch(snapshot);
      }
    } catch (EtcdFailure e) {
      say(() -> known.failed(e, retryNanos()));
    }
  }

  private void watch(Snapshot from) {
    try {
      watches.open(from.revision() + 1);
    } catch (EtcdFailure e) {
      log.warn("{}", e.getMessage());
      say(known::watchEnded);
    }
  }

  private void perform(EtcdStep step, dev.lockclaim.lock.etcd.Step transaction, long sentRevision)
      throws InterruptedException {
    try {
      Outcome outcome = etcd.step(transaction, STEP_DEADLINE);
      say(() -> known.done(step, outcome, sentRevision));
    } catch (EtcdFailure e) {
      say(() -> known.stepFailed(step, e, retryNanos()));
    }
  }

  /** While main stops there is time to find out who in line has missed renewals. */
  private void lookAtSuccessors() {
    List<Long> leases = known.firstInLine();
    long expected = known.freshSeconds();
    Thread.ofVirtual()
        .name("successors")
        .start(
            () -> {
              for (long lease : leases) {
                try {
                  boolean weak = etcd.remaining(lease, STEP_DEADLINE) < expected;
                  say(() -> known.weak(lease, weak));
                } catch (EtcdFailure e) {
                  log.debug("nothing is known of candidate {}: {}", lease, e.getMessage());
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                  return;
                }
              }
            });
  }

  private interface Work {
    void run() throws InterruptedException;
  }

  private void background(String name, Work work) {
    Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                work.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException e) {
                log.error("{} failed in an unforeseen way; it is tried again", name, e);
                say(() -> known.stumbled(retryNanos()));
              }
            });
  }

  private long retryNanos() {
    long jitter = ThreadLocalRandom.current().nextLong(RETRY_SPREAD_MILLIS);
    return clock.nanos() + (RETRY_BASE_MILLIS + jitter) * 1_000_000;
  }

  private void say(Runnable word) {
    inbox.add(
        () -> {
          try {
            word.run();
          } catch (UncheckedIOException e) {
            log.error("the state file cannot be written; nothing is run or given away", e);
          }
        });
  }

  private final class Watched implements Watches.Listener {
    @Override
    public void changes(List<Change> changes) {
      say(() -> known.changes(changes));
    }

    @Override
    public void ended(String why) {
      log.debug("the watch ended: {}", why);
      say(known::watchEnded);
    }
  }

  private final class Renewed implements Renewals.Loop {
    @Override
    public Optional<Renewals.Wish> wish() {
      return wish;
    }

    @Override
    public long turns() {
      return turns.get();
    }

    @Override
    public void renewed(
        Renewals.Wish kept, long sentNanos, long ttlSeconds, Optional<Snapshot> read) {
      watches.ask();
      say(
          () -> {
            read.ifPresent(known::confirm);
            if (known.renewed(kept, sentNanos, ttlSeconds)) {
              known.runningToken().ifPresent(token -> main.extend(token, known.deadlines()));
            }
          });
    }

    @Override
    public void gone(Renewals.Wish kept) {
      say(() -> known.leaseGone(kept.lease()));
    }
  }
}
