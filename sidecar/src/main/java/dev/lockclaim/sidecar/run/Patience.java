package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.api.LockView;
import java.util.concurrent.TimeUnit;

/** How long the first grant is waited for. Safe for use by many threads. */
final class Patience {
  /** With --wait 0: a free slot is granted in one transaction, which has this time. */
  private static final long GRANT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** With --wait 0: until the place in line is there, which takes an etcd that answers. */
  private static final long JOIN_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final boolean none;
  private final Runnable over;
  private long deadlineNanos;
  private boolean granted;
  private boolean inLine;

  /**
   * Patience from now on.
   *
   * @param over called once, on a thread of its own, when the time is over without a grant
   */
  Patience(int seconds, Runnable over) {
    this.none = seconds == 0;
    this.over = over;
    deadlineNanos = System.nanoTime() + (none ? JOIN_NANOS : TimeUnit.SECONDS.toNanos(seconds));
    Thread.ofVirtual().name("patience").start(this::await);
  }

  synchronized void see(LockView view) {
    granted |= view.holds();
    if (none && !inLine && view.position().isPresent()) {
      inLine = true;
      deadlineNanos = System.nanoTime() + GRANT_NANOS;
    }
    notifyAll();
  }

  private void await() {
    synchronized (this) {
      for (long left = left(); !granted && left > 0; left = left()) {
        try {
          TimeUnit.NANOSECONDS.timedWait(this, left);
        } catch (InterruptedException e) {
          return; // Nobody interrupts but the end of the process.
        }
      }
      if (granted) {
        return;
      }
    }
    over.run();
  }

  private long left() {
    return deadlineNanos - System.nanoTime();
  }
}
