package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdCalls;
import dev.lockclaim.lock.etcd.Granted;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
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
  private final Renewals renewals = new Renewals(etcd, now::get, new LockObserver() {}, loop);

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

  private final class SlowEtcd implements EtcdCalls {
    private final TestingStore store = new TestingStore(1);
    final List<String> asked = new CopyOnWriteArrayList<>();
    final List<Duration> patience = new CopyOnWriteArrayList<>();

    @Override
    public Renewed renew(long lease, Duration deadline) {
      asked.add("renew");
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
