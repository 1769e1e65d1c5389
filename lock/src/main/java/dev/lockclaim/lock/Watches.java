package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Watching;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Snapshot;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The one watch of a lock. A watch is a hint: whoever hears its end reads again and watches from
 * there. Safe for use by many threads.
 */
final class Watches implements AutoCloseable {
  /** Hears the watch that was opened last, and no older one. */
  interface Listener {
    void changes(List<Change> changes);

    void ended(String why);
  }

  private final Etcd etcd;
  private final BootClock clock;
  private final Listener listener;
  private final AtomicLong generation = new AtomicLong();
  private final AtomicLong heardNanos = new AtomicLong();
  private Watching watching;

  Watches(Etcd etcd, BootClock clock, Listener listener) {
    this.etcd = etcd;
    this.clock = clock;
    this.listener = listener;
  }

  /** Ends the watch that there is, and begins one after what was read. */
  synchronized void open(Snapshot from) throws EtcdFailure {
    close();
    long mine = generation.get();
    heardNanos.set(clock.nanos());
    watching =
        etcd.watch(
            from,
            new Etcd.Listener() {
              @Override
              public void changes(List<Change> changes) {
                if (generation.get() == mine) {
                  heardNanos.set(clock.nanos());
                  if (!changes.isEmpty()) {
                    listener.changes(changes);
                  }
                }
              }

              @Override
              public void ended(String why) {
                if (generation.compareAndSet(mine, mine + 1)) {
                  listener.ended(why);
                }
              }
            });
  }

  /** Asks for a sign of life. */
  synchronized void ask() {
    if (watching != null) {
      watching.ask();
    }
  }

  /** When anything was heard last, even that nothing happened; CLOCK_BOOTTIME. */
  long heardNanos() {
    return heardNanos.get();
  }

  @Override
  public synchronized void close() {
    generation.incrementAndGet();
    if (watching != null) {
      watching.close();
      watching = null;
    }
  }
}
