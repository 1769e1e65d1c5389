package dev.lockclaim.operator.etcd;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFolder;
import dev.lockclaim.lock.etcd.Head;
import dev.lockclaim.lock.etcd.Watching;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Snapshot;
import dev.lockclaim.operator.observe.EtcdHealth;
import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.ObservedLock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All locks below the prefix, as {@link ObservedLock}s that follow etcd by a watch, with a full
 * read every {@link #FULL_READ} as the net under it. One thread of its own keeps them; any thread
 * may ask. The thread connects for ever.
 */
public final class LockStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LockStore.class);

  private static final Duration FULL_READ = Duration.ofSeconds(30);
  // How long an etcd that went away may be reported as reachable, less the deadline of the call
  // itself.
  private static final Duration PING = Duration.ofSeconds(5);
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** Is told, by the store's thread, what has changed. */
  public interface Listener {
    /** This lock is no longer what it was. */
    void lockChanged(LockId lock);

    /**
     * How we get on with etcd, or which etcd it is, is no longer what it was: any lock may be
     * concerned.
     */
    void etcdChanged();
  }

  private final EtcdFolder folder;
  private final Thread thread;
  private final Locks locks = new Locks();
  private volatile Listener listener = new IgnoringListener();
  private volatile EtcdHealth health = EtcdHealth.NOT_TRIED;
  private volatile EtcdIdentity identity = EtcdIdentity.UNKNOWN;
  private volatile EtcdConnection connection;

  /**
   * Starts the thread.
   *
   * @param folder with the files that say how to reach etcd
   */
  public LockStore(Path folder) {
    this.folder = new EtcdFolder(folder);
    this.thread = Thread.ofPlatform().name("etcd").daemon().start(this::run);
  }

  /** From now on this listener is told; it is told at once that everything may have changed. */
  public void listen(Listener newListener) {
    listener = newListener;
    newListener.etcdChanged();
  }

  /** The lock as last seen. */
  public ObservedLock lock(LockId lock) {
    return locks.get(lock);
  }

  /** All locks of which there is something in etcd. */
  public Set<LockId> locks() {
    return locks.ids();
  }

  public EtcdHealth health() {
    return health;
  }

  /** Which etcd the locks are in. */
  public EtcdIdentity identity() {
    return identity;
  }

  /** What may be changed in etcd. */
  public LockWriter writer() {
    return new LockWriter(this::connection);
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private EtcdConnection connection() throws EtcdProblem {
    EtcdConnection current = connection;
    if (current == null) {
      throw new EtcdProblem(health.reason(), health.message());
    }
    return current;
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try (EtcdConnection opened = EtcdConnection.open(folder)) {
        follow(opened);
      } catch (EtcdProblem e) {
        if (!Thread.currentThread().isInterrupted()) {
          setHealth(EtcdHealth.unreachable(e.reason(), e.getMessage()));
        }
      } catch (InterruptedException closed) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException e) {
        LOG.error("Locks cannot be followed, trying again", e);
        setHealth(EtcdHealth.unreachable("EtcdUnreachable", "etcd cannot be used: " + e + "."));
      } finally {
        connection = null;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(RETRY.toMillis());
      } catch (InterruptedException closed) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Until something goes wrong, or the files that say how to connect have changed. */
  private void follow(EtcdConnection etcd) throws EtcdProblem, InterruptedException {
    String version = etcd.version();
    take(etcd.read());
    connection = etcd;
    setHealth(EtcdHealth.reachable(version));
    while (EtcdFiles.read(folder).equals(etcd.files())) {
      BlockingQueue<Optional<List<Change>>> arrivals = new LinkedBlockingQueue<>();
      try (Watching _ = etcd.watch(identity.readRevision() + 1, new Arrivals(arrivals))) {
        followWatch(etcd, arrivals);
      }
      take(etcd.read());
    }
  }

  private void followWatch(EtcdConnection etcd, BlockingQueue<Optional<List<Change>>> arrivals)
      throws EtcdProblem, InterruptedException {
    long end = System.nanoTime() + FULL_READ.toNanos();
    while (System.nanoTime() < end) {
      Optional<List<Change>> arrival = arrivals.poll(PING.toMillis(), TimeUnit.MILLISECONDS);
      if (arrival == null) {
        Head head = etcd.ping();
        setIdentity(identity.read(head.clusterId(), head.revision()));
      } else if (arrival.isEmpty()) {
        return; // the watch is over, for whatever reason: read again and watch from there
      } else {
        take(arrival.get());
      }
    }
  }

  private void take(Snapshot all) {
    // Before the locks: whoever sees a lock of another etcd must be able to tell.
    setIdentity(identity.read(all.clusterId(), all.revision()));
    locks.read(all).forEach(listener::lockChanged);
  }

  private void take(List<Change> changes) {
    // One revision after the other: a release and the next grant are then two steps, and each can
    // be told for what it is.
    TreeMap<Long, List<Change>> byRevision = new TreeMap<>();
    for (Change change : changes) {
      byRevision.computeIfAbsent(change.revision(), _ -> new ArrayList<>()).add(change);
    }
    byRevision.forEach(
        (revision, together) -> {
          setIdentity(identity.watched(revision)); // before the locks, as above
          locks.changed(together).forEach(listener::lockChanged);
        });
  }

  private void setHealth(EtcdHealth now) {
    EtcdHealth before = health;
    health = now;
    if (!now.equals(before)) {
      if (now.ok()) {
        LOG.info("{}", now.message());
      } else {
        LOG.warn("{}: {}", now.reason(), now.message());
      }
      listener.etcdChanged();
    }
  }

  private void setIdentity(EtcdIdentity now) {
    EtcdIdentity before = identity;
    identity = now;
    if (now.clusterId() != before.clusterId() || now.setbacks() != before.setbacks()) {
      LOG.info(
          "etcd cluster {} at revision {}{}",
          LockKeys.hex(now.clusterId()),
          now.revision(),
          now.setbacks() > 0 ? ", which went back" : "");
      listener.etcdChanged();
    }
  }

  private record Arrivals(BlockingQueue<Optional<List<Change>>> queue) implements Etcd.Listener {
    @Override
    public void changes(List<Change> changes) {
      queue.add(Optional.of(changes));
    }

    @Override
    public void ended(String why) {
      queue.add(Optional.empty());
    }
  }

  private static final class IgnoringListener implements Listener {
    @Override
    public void lockChanged(LockId lock) {
      // nobody listens yet; whoever comes reads everything first
    }

    @Override
    public void etcdChanged() {
      // nobody listens yet; whoever comes reads everything first
    }
  }
}
