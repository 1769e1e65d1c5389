package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.state.StateFile;
import dev.lockclaim.lock.view.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pod's part in a lock: stands in line, holds, runs main through {@link Main}, gives away. All
 * decisions are made one after the other by {@link CandidateCore}, on the thread of the connections
 * to etcd; inputs may come from any thread and return at once.
 *
 * <p>Guaranteed: main is run only under a token that etcd granted to this pod's lease, once per
 * token, with deadlines that end it before the lease can pass on; a token is given away only after
 * {@link #ended} or the proof that it never ran.
 */
public final class Candidate implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Candidate.class);

  private static final Duration STEP_DEADLINE = Duration.ofSeconds(1);
  private static final Duration LEAVE_DEADLINE = Duration.ofSeconds(3);

  /**
   * A turn takes microseconds; who asks for the status would rather have an older one than none.
   */
  private static final Duration SETTLE_PATIENCE = Duration.ofMillis(500);

  /** After a turn that failed: long enough not to be busy, short beside any deadline. */
  private static final long FAILED_TURN_NANOS = 200_000_000L;

  /** The kubelet's probe period times threshold is above this; a turn takes microseconds. */
  private static final long STUCK_NANOS = 10_000_000_000L;

  private final Etcd etcd;
  private final StateFile state;
  private final BootClock clock;
  private final Main main;
  private final LockObserver observer;
  private final CandidateCore core;
  private final Answers answers;
  private final Watches watches;
  private final Renewals renewals;
  private final CountDownLatch settled = new CountDownLatch(1);
  private final Inquiries inquiries;
  private final Transactions transactions;
  private final Loop loop;
  private final AtomicLong turns = new AtomicLong();
  private volatile long turnNanos;
  private volatile Turn last;
  private volatile CandidateStatus status;
  private volatile boolean ended;
  private volatile String broken = "";

  /** A candidate that does nothing before {@link #start}. */
  public Candidate(
      CandidateConfig config,
      Etcd etcd,
      StateFile state,
      BootClock clock,
      Main main,
      LockObserver observer) {
    this.etcd = etcd;
    this.state = state;
    this.clock = clock;
    this.main = main;
    this.observer = observer;
    core = new CandidateCore(config, state, clock, System::currentTimeMillis, observer);
    last = core.before();
    status = core.status(last.reason());
    turnNanos = clock.nanos();
    answers = new Answers(core, this::say, clock);
    watches = new Watches(etcd, clock, answers);
    renewals = new Renewals(etcd, clock, observer, new Renewing());
    inquiries = new Inquiries(etcd, config, clock, watches, answers);
    transactions =
        new Transactions(etcd::send, etcd.thread(), answers, work -> inquiries.apart("step", work));
    loop = new Loop(etcd.thread(), new Deciding());
  }

  /** Begins to stand in line as soon as the gates are ready; returns at once. */
  public void start() {
    loop.start();
    renewals.start();
  }

  /** Every gate of the pod waits for RUN, or not all do. Not said while main runs. */
  public void ready(boolean allGatesReady) {
    say(() -> core.ready(allGatesReady));
  }

  /** Main runs under the token. */
  public void started(long token) {
    say(
        () -> {
          if (!core.started(token)) {
            main.stop(token, Duration.ZERO, "the token is not ours");
          }
        });
  }

  /** Main was not run. */
  public void refused(long token, Refusal refusal) {
    say(() -> core.refused(token, refusal));
  }

  /** Main is on its way out. */
  public void stopping(long token) {
    say(() -> core.askFreshness().ifPresent(this::perform));
  }

  /** No process of main is left. */
  public void ended(long token, Ending ending) {
    say(() -> core.ended(token, ending));
  }

  /** The connection to a gate broke while main runs or may run; that is no end. */
  public void gateLost() {
    say(core::gateLost);
  }

  /**
   * Asks to give the lock up: main is stopped and the lock goes to the next in line.
   *
   * @param force also when nobody is in line
   * @param to the pod to give it to
   */
  public YieldResult giveUp(boolean force, Optional<String> to) {
    Optional<String> declined = Yields.decline(last, force, to);
    if (declined.isPresent()) {
      return new YieldResult.Declined(declined.get());
    }
    say(() -> core.giveUp(to));
    return new YieldResult.Accepted();
  }

  /**
   * What was told last; any thread. A hand-over does not wait for this: main may know of a grant,
   * and etcd of a release, a moment earlier. See {@link #settledStatus}.
   */
  public CandidateStatus status() {
    CandidateStatus now = status;
    return ended ? now.stopped() : now;
  }

  /**
   * What is known now, all that main has been told included: waits until the decision that is being
   * made is told, for half a second at most. Any thread but the lock's own.
   */
  public CandidateStatus settledStatus() {
    try {
      loop.settle(SETTLE_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // what was told last is an answer, too
    }
    return status();
  }

  /** Why this candidate does not decide any more, if it does not. */
  public Optional<String> stuck() {
    if (!broken.isEmpty()) {
      return Optional.of(broken);
    }
    if (renewals.isDead() && !ended) {
      return Optional.of("nobody renews the lease any more");
    }
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
    say(core::leave);
    try {
      boolean clean = settled.await(LEAVE_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      ended = true;
      renewals.close();
      if (!loop.close(LEAVE_DEADLINE)) {
        log.warn("a decision did not end within {}", LEAVE_DEADLINE);
      }
      watches.close();
      if (clean && last.emptyLease() != 0) {
        etcd.revoke(last.emptyLease(), STEP_DEADLINE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (EtcdFailure e) {
      log.info("the lease was not ended and runs out by itself: {}", e.getMessage());
    } finally {
      ended = true; // also when there was no time to wait
      renewals.close();
      watches.close();
    }
    etcd.close();
    try {
      state.close();
    } catch (IOException e) {
      log.warn("the state file was not closed", e);
    }
  }

  // ---- the turns; all below runs on the loop's thread unless said otherwise

  private final class Deciding implements Loop.Turns {
    /** Never fails. */
    @Override
    public long turn() {
      try {
        Turn next = core.turn(watches.heardNanos());
        last = next; // first: main may ask to yield as soon as it is told to run
        next.actions().forEach(Candidate.this::carryOut);
        turns.incrementAndGet();
        turnNanos = clock.nanos();
        if (next.settled()) {
          settled.countDown();
        }
        return next.wakeNanos() - turnNanos;
      } catch (RuntimeException | Error e) {
        log.error("a decision failed; it is made again", e);
        return FAILED_TURN_NANOS;
      }
    }

    @Override
    public void tell() {
      try {
        CandidateStatus now = core.status(last.reason());
        if (!now.equals(status)) {
          status = now;
          observer.changed();
        }
      } catch (RuntimeException | Error e) {
        log.error("what has changed could not be told", e);
      }
    }
  }

  private void carryOut(Action action) {
    try {
      perform(action);
    } catch (RuntimeException | Error e) {
      log.error("{} could not be carried out", action, e);
      broken = "an order to the gates or to etcd could not be carried out: " + e;
      answers.failed("");
    }
  }

  private void perform(Action action) {
    switch (action) {
      case Action.Run(Grant grant, Deadlines deadlines) -> main.run(grant, deadlines);
      case Action.Extend(long token, Deadlines deadlines) -> main.extend(token, deadlines);
      case Action.Stop(long token, int graceSeconds, String why) ->
          main.stop(token, Duration.ofSeconds(graceSeconds), why);
      case Action.Connect connect -> inquiries.connect(connect);
      case Action.Read read -> inquiries.read(read);
      case Action.Perform step -> transactions.send(step);
      case Action.AskLease(long lease) -> inquiries.askLease(lease);
      case Action.AskFreshness ask -> inquiries.askFreshness(ask);
    }
  }

  private void say(Runnable word) {
    loop.say(word);
  }

  private final class Renewing implements Renewals.Loop {
    @Override
    public Optional<Renewals.Wish> wish() {
      return last.wish();
    }

    @Override
    public long turns() {
      return turns.get();
    }

    @Override
    public void renewed(
        Renewals.Wish kept, long sentNanos, Renewed answer, Optional<Snapshot> read) {
      watches.ask();
      say(() -> core.renewed(kept.lease(), sentNanos, answer, read));
    }

    @Override
    public void gone(Renewals.Wish kept) {
      say(() -> core.leaseGone(kept.lease()));
    }
  }
}
