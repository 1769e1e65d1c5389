package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdCalls;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Granted;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Renewals of a lease of an etcd that takes three seconds of its clock to answer. */
final class RenewalsTest {
  private static final long ANSWER_NANOS = 3_000_000_000L;

  private final AtomicLong now = new AtomicLong(1_000_000_000_000L);
  private final SlowEtcd etcd = new SlowEtcd();
  private final TestingLoop loop = new TestingLoop();
  private final List<Optional<String>> troubles = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Thread> tellers = new LinkedBlockingQueue<>();
  private final Renewals renewals = new Renewals(etcd, now::get, new TestingListener(), loop);
  private volatile boolean deaf;

  @AfterEach
  void close() {
    renewals.close();
  }

  @Test
  void t2ADeadlineIsCountedFromWhenTheRenewalWasSent() throws InterruptedException {
    long before = now.get();
    loop.wanted = Optional.of(new Renewals.Wish(100, Timing.ofSeconds(1, 0), false));
    renewals.start();
    assertThat(loop.said()).isEqualTo(before);
  }

  @Test
  void t4ARenewalHasAFractionOfTheIntervalBeforeTheNextMemberIsAsked() throws InterruptedException {
    Timing timing = Timing.ofSeconds(5, 1);
    loop.wanted = Optional.of(new Renewals.Wish(100, timing, false));
    renewals.start();
    loop.said();
    assertThat(etcd.patience.getFirst()).isLessThan(Duration.ofMillis(timing.renewMillis() / 3));
  }

  @Test
  void t13C8H10WhereAnAnswerIsNoProofTheLockIsReadAfterIt() throws InterruptedException {
    loop.wanted = Optional.of(new Renewals.Wish(100, Timing.ofSeconds(1, 0), true));
    renewals.start();
    loop.said();
    assertThat(loop.reads.getFirst()).isPresent();
    assertThat(etcd.asked).startsWith("renew", "read");
  }

  @Test
  void l3NothingIsRenewedWhileTheLoopDoesNotTurn() throws InterruptedException {
    loop.stuck = true;
    loop.wanted = Optional.of(new Renewals.Wish(100, Timing.ofSeconds(1, 0), false));
    renewals.start();
    loop.said(); // the loop had turned before
    loop.askedSince.acquire(4);
    assertThat(etcd.asked).containsExactly("renew");
  }

  @Test
  void whatKeepsALeaseFromBeingRenewedIsToldOnceAndWhenItIsOver() throws InterruptedException {
    etcd.failures.addAll(List.of("cut", "cut", "full", "cut"));
    loop.wanted = Optional.of(new Renewals.Wish(100, Timing.ofSeconds(1, 0), false));
    renewals.start();
    loop.said();
    loop.said(); // the first one has been told wholly
    assertThat(etcd.failures).isEmpty();
    assertThat(troubles).containsExactly(Optional.of("cut"), Optional.of("full"), Optional.empty());
  }

  @Test
  void anObserverThatFailsDoesNotKeepTheLeaseFromBeingRenewed() throws InterruptedException {
    deaf = true;
    loop.stuck = true; // so that there are no other tries than those of this renewal
    etcd.failures.add("cut");
    loop.wanted = Optional.of(new Renewals.Wish(100, Timing.ofSeconds(1, 0), false));
    renewals.start();
    loop.said();
  }

  @Test
  void whoLeavesDuringAnOutageDoesNotSayThatItIsOver() throws InterruptedException {
    etcd.failures.addAll(Collections.nCopies(10_000, "cut")); // for a thousand seconds
    loop.wanted = Optional.of(new Renewals.Wish(100, Timing.ofSeconds(1, 0), false));
    renewals.start();
    Thread renewing = tellers.poll(30, TimeUnit.SECONDS);
    assertThat(renewing).isNotNull();
    renewals.close();
    renewing.join();
    assertThat(troubles).containsExactly(Optional.of("cut"));
  }

  private final class TestingListener implements LockObserver {
    @Override
    public void renewed(double seconds) {
      if (deaf) {
        throw new AssertionError("it cannot be counted");
      }
    }

    @Override
    public void renewalTrouble(Optional<String> why) {
      if (deaf) {
        throw new IllegalStateException("it cannot be told");
      }
      troubles.add(why);
      tellers.add(Thread.currentThread());
    }
  }

  private final class SlowEtcd implements EtcdCalls {
    private final TestingStore store = new TestingStore(1);
    final List<String> asked = new CopyOnWriteArrayList<>();
    final Queue<String> failures = new ConcurrentLinkedQueue<>();
    final List<Duration> patience = new CopyOnWriteArrayList<>();

    @Override
    public Renewed renew(long lease, Duration deadline) throws EtcdFailure {
      asked.add("renew");
      String failure = failures.poll();
      if (failure != null) {
        throw TestingStore.noAnswer(failure);
      }
      patience.add(deadline);
      now.addAndGet(ANSWER_NANOS);
      return new Renewed(1, store.clusterId());
    }

    @Override
    public Snapshot read(Duration deadline) {
      asked.add("read");
      return store.snapshot();
    }

    @Override
    public String version(Duration deadline) {
      return store.version(deadline);
    }

    @Override
    public Outcome step(Step step, Duration deadline) {
      throw new IllegalStateException("renewals take no steps");
    }

    @Override
    public Granted grant(long ttlSeconds, Duration deadline) {
      throw new IllegalStateException("renewals take no lease");
    }
  }

  private static final class TestingLoop implements Renewals.Loop {
    private final BlockingQueue<Long> sent = new LinkedBlockingQueue<>();
    final List<Optional<Snapshot>> reads = new CopyOnWriteArrayList<>();
    final java.util.concurrent.Semaphore askedSince = new java.util.concurrent.Semaphore(0);
    volatile Optional<Renewals.Wish> wanted = Optional.empty();
    volatile boolean stuck;
    private final AtomicLong turns = new AtomicLong();

    /** When the next renewal that is told was sent. */
    long said() throws InterruptedException {
      Long nanos = sent.poll(30, TimeUnit.SECONDS);
      assertThat(nanos).as("a renewal").isNotNull();
      return nanos;
    }

    @Override
    public Optional<Renewals.Wish> wish() {
      return wanted;
    }

    @Override
    public long turns() {
      askedSince.release();
      return stuck ? 1 : turns.incrementAndGet();
    }

    @Override
    public void renewed(
        Renewals.Wish wish, long sentNanos, Renewed answer, Optional<Snapshot> read) {
      reads.add(read);
      sent.add(sentNanos);
    }

    @Override
    public void gone(Renewals.Wish wish) {
      throw new IllegalStateException("it was renewed");
    }
  }
}
