package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.EtcdCalls;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the lease: one renewal at a time, each with its own deadline, each on one member; a member
 * that does not answer in a fraction of the interval costs another try at the next one. Runs on a
 * virtual thread of its own.
 */
final class Renewals {
  private static final Logger log = LoggerFactory.getLogger(Renewals.class);

  /**
   * Between the begins of two tries, so that a refused connection is not a busy loop. One that took
   * longer needs no pause on top: the outage that is ridden out counts with none.
   */
  private static final long FAILED_PAUSE_MILLIS = 100;

  /** What the loop that decides wants. */
  record Wish(long lease, Timing timing, boolean confirm) {}

  /** The loop that decides. */
  interface Loop {
    /** The lease to keep; empty when there is none, or it is to run out. */
    Optional<Wish> wish();

    /** How often it has decided. */
    long turns();

    /** The lease was renewed by a request sent then. */
    void renewed(Wish wish, long sentNanos, Renewed answer, Optional<Snapshot> read);

    /** The lease is no more. */
    void gone(Wish wish);
  }

  private final EtcdCalls etcd;
  private final BootClock clock;
  private final LockObserver observer;
  private final Loop loop;
  private final Thread thread;
  private volatile boolean closed;

  Renewals(EtcdCalls etcd, BootClock clock, LockObserver observer, Loop loop) {
    this.etcd = etcd;
    this.clock = clock;
    this.observer = observer;
    this.loop = loop;
    thread = Thread.ofVirtual().name("renewals").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Whether renewals have ended without being closed. */
  boolean isDead() {
    return !closed && thread.getState() == Thread.State.TERMINATED;
  }

  void close() {
    closed = true;
    thread.interrupt();
  }

  private void run() {
    long seenTurns = -1;
    while (!closed) {
      try {
        Optional<Wish> wish = loop.wish();
        long turns = loop.turns();
        // A candidate whose decisions are stuck must leave the line by itself: no turn, no renewal.
        boolean alive = turns != seenTurns;
        seenTurns = turns;
        if (wish.isPresent() && alive) {
          keep(wish.get());
        }
        TimeUnit.MILLISECONDS.sleep(
            wish.map(Wish::timing).map(Timing::renewMillis).orElse(FAILED_PAUSE_MILLIS));
      } catch (InterruptedException e) {
        if (!closed) {
          log.warn("renewals were interrupted; going on", e);
        }
      } catch (RuntimeException | Error e) {
        log.error("a renewal failed in an unforeseen way; going on", e);
      }
    }
  }

  private void keep(Wish wish) throws InterruptedException {
    Set<String> told = new HashSet<>();
    try {
      keep(wish, told);
    } finally {
      // Who leaves during an outage does not say that it is over.
      if (!told.isEmpty() && !closed) {
        tell(() -> observer.renewalTrouble(Optional.empty()));
      }
    }
  }

  /**
   * Until the lease is renewed or not wanted any more.
   *
   * @param told what kept it from being renewed; ten tries in a second may all fail alike
   */
  private void keep(Wish wish, Set<String> told) throws InterruptedException {
    while (!closed && loop.wish().filter(wish::equals).isPresent()) {
      long sent = clock.nanos();
      try {
        Renewed answer = etcd.renew(wish.lease(), Duration.ofMillis(wish.timing().retryMillis()));
        double tookSeconds = (clock.nanos() - sent) / 1e9;
        tell(() -> observer.renewed(tookSeconds));
        if (answer.ttlSeconds() <= 0) {
          loop.gone(wish);
        } else {
          Optional<Snapshot> read =
              wish.confirm()
                  ? Optional.of(etcd.read(Duration.ofMillis(wish.timing().retryMillis())))
                  : Optional.empty();
          loop.renewed(wish, sent, answer, read);
          if (!told.isEmpty()) {
            log.info("the lease is renewed again");
          }
          tell(observer::atLeisure);
        }
        return;
      } catch (EtcdFailure e) {
        if (told.add(e.getMessage())) {
          log.warn("the lease was not renewed: {}", e.getMessage());
          tell(() -> observer.renewalTrouble(Optional.of(e.getMessage())));
        }
        long tookMillis = (clock.nanos() - sent) / 1_000_000;
        TimeUnit.MILLISECONDS.sleep(Math.max(0, FAILED_PAUSE_MILLIS - tookMillis));
      }
    }
  }

  /** Nobody who cannot hear it keeps the next renewal from being made, or makes it come at once. */
  private static void tell(Runnable word) {
    try {
      word.run();
    } catch (RuntimeException | Error e) {
      log.error("what became of a renewal could not be told; going on", e);
    }
  }
}
