package dev.lockclaim.operator.etcd;

import dev.lockclaim.operator.observe.EtcdHealth;
import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.LockKey;
import dev.lockclaim.operator.observe.LockView;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All locks below the prefix, as {@link LockView}s that follow etcd by a watch, with a full read
 * every {@link #FULL_READ} as the net under it. One thread of its own keeps them; any thread may
 * ask. The thread connects for ever.
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

  private final Path folder;
  private final Thread thread;
  private final Map<LockId, LockView> views = new ConcurrentHashMap<>();
  private final Map<LockId, Map<String, LockKey>> keys =
      new HashMap<>(); // of the store's thread only
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
    this.folder = folder;
    this.thread = Thread.ofPlatform().name("etcd").daemon().start(this::run);
  }

  /** From now on this listener is told; it is told at once that everything may have changed. */
  public void listen(Listener newListener) {
    listener = newListener;
    newListener.etcdChanged();
  }

  /** The lock as last seen. */
  public LockView view(LockId lock) {
    return views.getOrDefault(lock, LockView.EMPTY);
  }

  /** All locks of which there is something in etcd. */
  public Set<LockId> locks() {
    return Set.copyOf(views.keySet());
  }

  public EtcdHealth health() {
    return health;
  }

  /** Which etcd the views are of. */
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
      try (EtcdConnection opened = EtcdConnection.open(EtcdFolder.read(folder))) {
        follow(opened);
      } catch (EtcdProblem e) {
        setHealth(EtcdHealth.unreachable(e.reason(), e.getMessage()));
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
    install(etcd.getPrefix(), etcd);
    connection = etcd;
    setHealth(EtcdHealth.reachable(version));
    while (EtcdFolder.read(folder).equals(etcd.folder())) {
      BlockingQueue<Optional<WatchResponse>> arrivals = new LinkedBlockingQueue<>();
      try (Watch.Watcher _ =
          etcd.watchPrefix(identity.readRevision() + 1, new Arrivals(arrivals))) {
        followWatch(etcd, arrivals);
      }
      install(etcd.getPrefix(), etcd);
    }
  }

  private void followWatch(EtcdConnection etcd, BlockingQueue<Optional<WatchResponse>> arrivals)
      throws EtcdProblem, InterruptedException {
    long end = System.nanoTime() + FULL_READ.toNanos();
    while (System.nanoTime() < end) {
      Optional<WatchResponse> arrival = arrivals.poll(PING.toMillis(), TimeUnit.MILLISECONDS);
      if (arrival == null) {
        GetResponse pong = etcd.ping();
        setIdentity(identity.read(EtcdConnection.clusterId(pong), pong.getHeader().getRevision()));
      } else if (arrival.isEmpty()) {
        return; // the watch is over, for whatever reason: read again and watch from there
      } else {
        apply(arrival.get().getEvents(), etcd);
      }
    }
  }

  /** Takes a full read for the truth. */
  private void install(GetResponse response, EtcdConnection etcd) {
    Map<LockId, Map<String, LockKey>> read = new HashMap<>();
    for (KeyValue keyValue : response.getKvs()) {
      put(read, keyValue, etcd);
    }
    // Before the views: whoever sees a view of another etcd must be able to tell.
    setIdentity(
        identity.read(EtcdConnection.clusterId(response), response.getHeader().getRevision()));
    Set<LockId> concerned = new HashSet<>(keys.keySet());
    concerned.addAll(read.keySet());
    keys.clear();
    keys.putAll(read);
    concerned.forEach(this::refresh);
  }

  private void apply(List<WatchEvent> events, EtcdConnection etcd) {
    // One revision after the other: a release and the next grant are then two steps, and each can
    // be told for what it is.
    Map<Long, List<WatchEvent>> byRevision = new TreeMap<>();
    events.forEach(
        event ->
            byRevision
                .computeIfAbsent(event.getKeyValue().getModRevision(), _ -> new ArrayList<>())
                .add(event));
    for (var revision : byRevision.entrySet()) {
      List<WatchEvent> together = revision.getValue();
      setIdentity(identity.watched(revision.getKey())); // before the views: see install
      Set<LockId> concerned = new HashSet<>();
      for (WatchEvent event : together) {
        Optional<String> key = etcd.belowPrefix(event.getKeyValue());
        Optional<LockId> lock = key.flatMap(LockCodec::lock);
        if (lock.isEmpty()) {
          continue;
        }
        concerned.add(lock.get());
        if (event.getEventType() == WatchEvent.EventType.PUT) {
          put(keys, event.getKeyValue(), etcd);
        } else {
          keys.getOrDefault(lock.get(), new HashMap<>()).remove(rest(key.get(), lock.get()));
        }
      }
      concerned.forEach(this::refresh);
    }
  }

  private static void put(
      Map<LockId, Map<String, LockKey>> into, KeyValue keyValue, EtcdConnection etcd) {
    String key = etcd.belowPrefix(keyValue).orElse("");
    LockCodec.lock(key)
        .ifPresent(
            lock -> {
              String rest = rest(key, lock);
              LockCodec.decode(
                      rest,
                      keyValue.getValue().toString(StandardCharsets.UTF_8),
                      keyValue.getCreateRevision(),
                      keyValue.getModRevision())
                  .ifPresent(
                      decoded ->
                          into.computeIfAbsent(lock, _ -> new HashMap<>()).put(rest, decoded));
            });
  }

  private static String rest(String key, LockId lock) {
    return key.substring(LockCodec.path(lock).length());
  }

  private void refresh(LockId lock) {
    LockView before = view(lock);
    LockView now = LockView.of(keys.getOrDefault(lock, Map.of()).values(), before);
    if (now.equals(before)) {
      return;
    }
    if (now.isEmpty() && now.endings().isEmpty()) {
      views.remove(lock);
    } else {
      views.put(lock, now);
    }
    listener.lockChanged(lock);
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
    if (!now.clusterId().equals(before.clusterId()) || now.setbacks() != before.setbacks()) {
      LOG.info(
          "etcd cluster {} at revision {}{}",
          now.clusterId(),
          now.revision(),
          now.setbacks() > 0 ? ", which went back" : "");
      listener.etcdChanged();
    }
  }

  private record Arrivals(BlockingQueue<Optional<WatchResponse>> queue) implements Watch.Listener {
    @Override
    public void onNext(WatchResponse response) {
      queue.add(Optional.of(response));
    }

    @Override
    public void onError(Throwable error) {
      queue.add(Optional.empty());
    }

    @Override
    public void onCompleted() {
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
