package dev.lockclaim.bench.peers;

import dev.lockclaim.lock.BootClock;
import dev.lockclaim.lock.Candidate;
import dev.lockclaim.lock.CandidateConfig;
import dev.lockclaim.lock.Deadlines;
import dev.lockclaim.lock.Ending;
import dev.lockclaim.lock.Grant;
import dev.lockclaim.lock.LockObserver;
import dev.lockclaim.lock.Main;
import dev.lockclaim.lock.Rehearsal;
import dev.lockclaim.lock.Timing;
import dev.lockclaim.lock.YieldResult;
import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.state.StateFile;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The product's own candidate, with a main that starts and ends at once when told and, as a gate
 * does, ends by itself when its TERM time comes.
 */
final class LockclaimContender implements Contender, Main {
  private static final long LOOK_MILLIS = 5;

  private final BootClock clock;
  private final BlockingQueue<Long> heldNanos = new LinkedBlockingQueue<>();
  private final Semaphore changed = new Semaphore(0);
  private final Candidate candidate;
  private volatile Runnable lost = () -> {};
  private volatile long token;
  private volatile Deadlines deadlines;

  /** One connection to etcd, and one rehearsal, for the candidates of a process. */
  static final class Shared {
    private final Options options;
    private final Etcd etcd;
    private final AtomicReference<Rehearsal> rehearsal = new AtomicReference<>();

    Shared(Options options) throws IOException {
      this.options = options;
      etcd = options.connect("/lockclaim/bench/");
    }

    Contender open(int index) throws IOException {
      String pod = "candidate-" + ProcessHandle.current().pid() + "-" + index;
      Path folder = Files.createDirectories(options.state.resolve(pod));
      String lock = options.lockOf(index);
      CandidateConfig config =
          new CandidateConfig(
              "bench",
              lock,
              new Identity(pod, pod, "bench", "", 0),
              options.ttlSeconds,
              Timing.defaultGraceSeconds(options.ttlSeconds),
              OptionalInt.of(1));
      rehearsal.compareAndSet(null, new Rehearsal(config));
      return new LockclaimContender(
          config,
          etcd.below(lock + "/"),
          StateFile.open(folder, pod, Duration.ZERO),
          rehearsal.get());
    }
  }

  private LockclaimContender(
      CandidateConfig config, Etcd etcd, StateFile state, Rehearsal rehearsal) throws IOException {
    clock = BootClock.system();
    LockObserver observer =
        new LockObserver() {
          @Override
          public void changed() {
            changed.release();
          }

          @Override
          public void atLeisure() {
            rehearsal.goOn(); // as the sidecar does
          }
        };
    candidate = new Candidate(config, etcd, state, clock, this, observer);
    candidate.start();
  }

  @Override
  public long join(Runnable whenLost) throws InterruptedException {
    lost = whenLost;
    candidate.ready(true); // from then on it stands in line anew after each release
    return heldNanos.take();
  }

  @Override
  public void release() throws InterruptedException {
    long given = token;
    // What a candidate says of itself comes after what it does: first it has yet to say that it
    // holds, else it seems to have given back what it is about to.
    while (given != 0 && token == given && !holds(given)) {
      awaitChange();
    }
    if (given != 0
        && candidate.giveUp(true, Optional.empty()) instanceof YieldResult.Declined(var why)
        && token == given) {
      throw new IllegalStateException("not given up: " + why);
    }
    while (holds(given)) {
      awaitChange();
    }
  }

  private boolean holds(long asked) {
    return candidate.status().held().map(Holder::token).filter(t -> t == asked).isPresent();
  }

  private void awaitChange() throws InterruptedException {
    if (changed.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
      changed.drainPermits();
    }
  }

  @Override
  public void run(Grant grant, Deadlines first) {
    long nanos = System.nanoTime();
    token = grant.token();
    deadlines = first;
    heldNanos.add(nanos);
    candidate.started(grant.token());
    Thread.ofVirtual().start(() -> endInTime(grant.token()));
  }

  @Override
  public void extend(long running, Deadlines later) {
    deadlines = later;
  }

  @Override
  public void stop(long running, Duration grace, String reason) {
    if (running == token) {
      end(running);
    }
  }

  private synchronized void end(long running) {
    token = 0;
    lost.run(); // says nothing when the lock is being released
    candidate.ended(running, new Ending(true, 0, Ending.Next.WAIT, true));
  }

  private void endInTime(long running) {
    try {
      while (running == token) {
        long left = deadlines.termNanos() - clock.nanos();
        if (left <= 0) {
          end(running);
          return;
        }
        TimeUnit.NANOSECONDS.sleep(Math.min(left, 100_000_000));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
