package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Pending;
import dev.lockclaim.lock.etcd.Step;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Carries a candidate's transactions out. An answer is told by the thread that it comes on: between
 * a release and the next holder's knowing of it no thread is to be woken. A failure is looked into
 * by a thread of its own, since that may block.
 */
final class Transactions {
  static final Duration DEADLINE = Duration.ofSeconds(1);

  /** What may block. */
  interface Work {
    void run() throws InterruptedException;
  }

  /** Hears what came of them; any thread. */
  interface Words {
    void done(EtcdStep step, Outcome outcome, long sentRevision);

    void failed(EtcdStep step, EtcdFailure failure);
  }

  private final Function<Step, Pending<Outcome>> etcd;
  private final ScheduledExecutorService thread;
  private final Words words;
  private final Consumer<Work> apart;

  /**
   * Sends nothing yet.
   *
   * @param etcd sends, and returns at once
   * @param thread the one that answers come on
   * @param apart has something done by a thread of its own
   */
  Transactions(
      Function<Step, Pending<Outcome>> etcd,
      ScheduledExecutorService thread,
      Words words,
      Consumer<Work> apart) {
    this.etcd = etcd;
    this.thread = thread;
    this.words = words;
    this.apart = apart;
  }

  /** Sends it and returns at once; exactly one word will be said of it. */
  void send(Action.Perform action) {
    Pending<Outcome> pending = etcd.apply(action.transaction());
    AtomicBoolean settled = new AtomicBoolean();
    Future<?> alarm =
        thread.schedule(
            () -> settle(settled, action, pending, Duration.ZERO),
            DEADLINE.toNanos(),
            TimeUnit.NANOSECONDS);
    pending.whenSettled(
        () -> {
          alarm.cancel(false);
          settle(settled, action, pending, DEADLINE);
        });
  }

  private void settle(
      AtomicBoolean settled, Action.Perform action, Pending<Outcome> pending, Duration left) {
    if (!settled.compareAndSet(false, true)) {
      return;
    }
    Optional<Outcome> answer;
    try {
      answer = pending.answered();
    } catch (RuntimeException unreadable) {
      answer = Optional.empty(); // to await it fails likewise, where that is told
    }
    answer.ifPresentOrElse(
        outcome -> words.done(action.step(), outcome, action.sentRevision()),
        () -> apart.accept(() -> await(action, pending, left)));
  }

  private void await(Action.Perform action, Pending<Outcome> pending, Duration left)
      throws InterruptedException {
    try {
      Outcome outcome = pending.await(left);
      words.done(action.step(), outcome, action.sentRevision());
    } catch (EtcdFailure e) {
      words.failed(action.step(), e);
    }
  }
}
