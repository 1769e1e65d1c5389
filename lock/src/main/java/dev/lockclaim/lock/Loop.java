package dev.lockclaim.lock;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears words one after the other, and has a decision made after them: on one thread, which it
 * shares. It is to be the thread that etcd's answers come on and requests go out from: then no
 * other one has to wake between an answer and the request that follows from it.
 */
final class Loop {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);

  /** What is waited for has happened a moment later by a clock that rounds down. */
  private static final long SHORTEST_NANOS = 1_000_000;

  /** Decides. Both are called by the thread alone, must not block and do not fail. */
  interface Turns {
    /** Decides, carries out, and says in how many nanoseconds to decide again at the latest. */
    long turn();

    /** Tells what came of it, soon after. Never called before a turn. */
    void tell();
  }

  private final ScheduledExecutorService thread;
  private final Turns turns;
  private final Queue<Runnable> words = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean due = new AtomicBoolean(true); // nothing is before the start
  private volatile boolean closed;
  private volatile Thread own; // set by it
  private volatile boolean unsettled; // something is decided that is not told; set by it
  // These by the thread alone.
  private ScheduledFuture<?> alarm;
  private boolean untold;
  private boolean turning;

  /**
   * A loop that does nothing before {@link #start}.
   *
   * @param thread one
   */
  Loop(ScheduledExecutorService thread, Turns turns) {
    this.thread = thread;
    this.turns = turns;
  }

  /** To be called once. */
  void start() {
    execute();
  }

  /**
   * Any thread; returns at once, but for the thread itself, which hears it and decides first unless
   * it is deciding now. Once the thread has ended nobody hears it.
   */
  void say(Runnable word) {
    words.add(word);
    if (Thread.currentThread().equals(own) && !turning && due.compareAndSet(false, true)) {
      run(); // what etcd has said is decided on at once, not behind what else came with it
    } else {
      wake();
    }
  }

  /**
   * What has been decided when this is called is told when it returns, or this time has passed: the
   * thread is busy for so long. Not to be called by the thread itself.
   */
  void settle(Duration patience) throws InterruptedException {
    if (!unsettled) {
      return;
    }
    CountDownLatch done = new CountDownLatch(1);
    try {
      later(
          () -> {
            tell();
            done.countDown();
          });
    } catch (RejectedExecutionException theThreadHasEnded) {
      return; // all was told before
    }
    var _ = done.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Nothing is heard or decided any more, and what was decided is told. Not to be called by the
   * thread itself.
   *
   * @return whether what was under way has ended within this time
   */
  boolean close(Duration patience) throws InterruptedException {
    if (closed) {
      return true; // the thread may be gone
    }
    CountDownLatch left = new CountDownLatch(1);
    try {
      thread.execute(
          () -> {
            closed = true;
            if (alarm != null) {
              alarm.cancel(false);
            }
            tellNow();
            left.countDown();
          });
    } catch (RejectedExecutionException theThreadHasEnded) {
      closed = true;
      return true;
    }
    return left.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void wake() {
    if (!closed && due.compareAndSet(false, true)) {
      execute();
    }
  }

  private void execute() {
    try {
      thread.execute(this::run);
    } catch (RejectedExecutionException theThreadHasEnded) {
      closed = true;
    } catch (RuntimeException | Error e) {
      due.set(false); // else nothing would be heard ever after
      throw e;
    }
  }

  private void run() {
    own = Thread.currentThread();
    turning = true;
    try {
      hearAndTurn();
    } catch (RejectedExecutionException theThreadHasEnded) {
      closed = true;
    } finally {
      turning = false;
    }
  }

  private void hearAndTurn() {
    due.set(false); // first: a word that is said from now on may come too late for this turn
    if (closed) {
      return;
    }
    unsettled = true; // before anybody can know of what is decided
    if (alarm != null) {
      alarm.cancel(false);
    }
    Runnable word = words.poll();
    while (word != null) {
      hear(word);
      word = words.poll();
    }
    long waitNanos = Math.max(turns.turn(), SHORTEST_NANOS);
    alarm = thread.schedule(this::wake, waitNanos, TimeUnit.NANOSECONDS);
    if (!untold) {
      later(this::tell);
      untold = true;
    }
  }

  /**
   * First what the turn has sent goes out, and what was said in it is decided on; and then what
   * that has sent goes out. Two steps are enough for both.
   */
  private void later(Runnable telling) {
    thread.execute(() -> thread.execute(telling));
  }

  private void tell() {
    if (!closed) {
      tellNow();
    }
  }

  private void tellNow() {
    if (untold) {
      untold = false;
      turns.tell();
      unsettled = untold; // who was told may have said something that is decided on already
    }
  }

  private static void hear(Runnable word) {
    try {
      word.run();
    } catch (RuntimeException | Error e) {
      log.error("a word was not understood; going on without it", e);
    }
  }
}
