package dev.lockclaim.lock.etcd;

import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Snapshot;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The keys of one lock in etcd. Every call blocks for its deadline at most, goes to one named
 * member, and on failure makes the next call go to the next one. Of jetcd only KV, single lease
 * calls and watch are used: its keep-alive, lock and election judge time by their own rules. Safe
 * for use by many threads.
 */
public final class Etcd implements AutoCloseable {
  private final List<Member> members = new ArrayList<>();
  private final AtomicInteger current = new AtomicInteger();
  private final ExecutorService executor;
  private final String prefix;

  /** Hears a watch. Each method may be called by any thread. */
  public interface Listener {
    /** Changes, in order; none is a word that there were none. */
    void changes(List<Change> changes);

    /** Nothing more will come. */
    void ended(String why);
  }

  private interface Call<T> {
    CompletableFuture<T> on(Client client);
  }

  private Etcd(EtcdFolder folder, List<URI> endpoints, String prefix) {
    this.prefix = prefix;
    executor =
        Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("etcd-", 0).factory());
    for (URI endpoint : endpoints) {
      members.add(new Member(endpoint, folder, executor));
    }
  }

  /**
   * Opens; nothing is sent yet.
   *
   * @param prefix of the lock's keys, ended by a slash
   * @throws IOException when the folder does not say where etcd is
   */
  public static Etcd open(EtcdFolder folder, String prefix) throws IOException {
    return new Etcd(folder, folder.endpoints(), prefix);
  }

  /** How many members there are to ask. */
  public int members() {
    return members.size();
  }

  /** The version of the member that is asked now. */
  public String version(Duration deadline) throws EtcdFailure, InterruptedException {
    Member member = member();
    return call(
            member,
            deadline,
            client -> client.getMaintenanceClient().statusMember(member.endpoint().toString()))
        .getVersion();
  }

  /** All keys of the lock, linearizable. */
  public Snapshot read(Duration deadline) throws EtcdFailure, InterruptedException {
    var answer = call(member(), deadline, c -> c.getKVClient().get(Member.bytes(prefix), all()));
    return snapshot(
        answer.getHeader().getClusterId(), answer.getHeader().getRevision(), answer.getKvs());
  }

  /** One transaction. */
  public Outcome step(Step step, Duration deadline) throws EtcdFailure, InterruptedException {
    List<Cmp> compares = step.compares().stream().map(this::compare).toList();
    List<Op> then = new ArrayList<>(step.writes().stream().map(this::write).toList());
    Op read = Op.get(Member.bytes(prefix), all());
    then.add(read);
    TxnResponse answer =
        call(
            member(),
            deadline,
            client ->
                client
                    .getKVClient()
                    .txn()
                    .If(compares.toArray(Cmp[]::new))
                    .Then(then.toArray(Op[]::new))
                    .Else(read)
                    .commit());
    var header = answer.getHeader();
    return new Outcome(
        answer.isSucceeded(),
        snapshot(
            header.getClusterId(),
            header.getRevision(),
            answer.getGetResponses().getFirst().getKvs()));
  }

  /** A new lease. */
  public Granted grant(long ttlSeconds, Duration deadline)
      throws EtcdFailure, InterruptedException {
    var answer = call(member(), deadline, client -> client.getLeaseClient().grant(ttlSeconds));
    return new Granted(answer.getID(), answer.getTTL());
  }

  /**
   * One renewal.
   *
   * @return the TTL from etcd's handling of it on, in seconds; 0 when the lease is no more
   */
  public long renew(long lease, Duration deadline) throws EtcdFailure, InterruptedException {
    try {
      return call(member(), deadline, client -> client.getLeaseClient().keepAliveOnce(lease))
          .getTTL();
    } catch (EtcdFailure e) {
      if (e.kind() == EtcdFailure.Kind.NO_LEASE) {
        return 0;
      }
      throw e;
    }
  }

  /** What is left of somebody's lease, in seconds; below 0 when it is no more. */
  public long remaining(long lease, Duration deadline) throws EtcdFailure, InterruptedException {
    return call(
            member(),
            deadline,
            client -> client.getLeaseClient().timeToLive(lease, LeaseOption.DEFAULT))
        .getTTL();
  }

  /** Ends a lease, and what is held under it. */
  public void revoke(long lease, Duration deadline) throws EtcdFailure, InterruptedException {
    call(member(), deadline, client -> client.getLeaseClient().revoke(lease));
  }

  /**
   * Watches the lock from a revision on. The listener's changes go on until it is told the end or
   * the result is closed.
   *
   * @param revision the first one to hear of: one past a read's. (etcd serves a watch that begins
   *     at the current revision from a loop of 100 ms.)
   */
  public Watching watch(long revision, Listener listener) throws EtcdFailure {
    Member member = member();
    try {
      Client client = member.client();
      Watch.Watcher watcher =
          client
              .getWatchClient()
              .watch(
                  Member.bytes(prefix),
                  WatchOption.builder()
                      .isPrefix(true)
                      .withRevision(revision)
                      .withRequireLeader(true)
                      .withProgressNotify(true)
                      .build(),
                  Watch.listener(
                      response -> listener.changes(changes(response)),
                      // jetcd resumes by rules of its own; what it may skip is read again instead.
                      error -> listener.ended(String.valueOf(error.getMessage())),
                      () -> listener.ended("the watch was ended by etcd")));
      return new Watching(watcher);
    } catch (IOException | RuntimeException e) {
      throw failure(member, e);
    }
  }

  /** Makes the next call go to the next member. */
  public void turn() {
    current.updateAndGet(index -> (index + 1) % members.size());
  }

  private Member member() {
    return members.get(current.get() % members.size());
  }

  private <T> T call(Member member, Duration deadline, Call<T> call)
      throws EtcdFailure, InterruptedException {
    Client client = null;
    try {
      client = member.client();
      return call.on(client).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException | IOException | RuntimeException e) {
      EtcdFailure failure = failure(member, e);
      if (failure.kind() == EtcdFailure.Kind.UNKNOWN
          || failure.kind() == EtcdFailure.Kind.CREDENTIALS) {
        turn();
        if (client != null) {
          member.failed(client);
        }
      }
      throw failure;
    }
  }

  private static EtcdFailure failure(Member member, Exception e) {
    return Failures.of(member.endpoint(), e);
  }

  private Cmp compare(Step.Compare compare) {
    return switch (compare) {
      case Step.Compare.Created(String key, long revision) ->
          new Cmp(Member.bytes(prefix + key), Cmp.Op.EQUAL, CmpTarget.createRevision(revision));
      case Step.Compare.Modified(String key, long revision) ->
          new Cmp(Member.bytes(prefix + key), Cmp.Op.EQUAL, CmpTarget.modRevision(revision));
    };
  }

  private Op write(Step.Write write) {
    return switch (write) {
      case Step.Write.Put(String key, String value, long lease) ->
          Op.put(
              Member.bytes(prefix + key),
              Member.bytes(value),
              PutOption.builder().withLeaseId(lease).build());
      case Step.Write.Delete(String key) ->
          Op.delete(Member.bytes(prefix + key), DeleteOption.DEFAULT);
    };
  }

  private static GetOption all() {
    return GetOption.builder().isPrefix(true).build();
  }

  private Snapshot snapshot(long cluster, long revision, List<KeyValue> keys) {
    return new Snapshot(cluster, revision, keys.stream().map(this::entry).toList());
  }

  private List<Change> changes(WatchResponse response) {
    List<Change> changes = new ArrayList<>();
    for (WatchEvent event : response.getEvents()) {
      Entry entry = entry(event.getKeyValue());
      changes.add(
          event.getEventType() == WatchEvent.EventType.DELETE
              ? new Change.Delete(entry.key(), entry.modRevision())
              : new Change.Put(entry));
    }
    return changes;
  }

  private Entry entry(KeyValue key) {
    return new Entry(
        key.getKey().toString(StandardCharsets.UTF_8).substring(prefix.length()),
        key.getValue().toString(StandardCharsets.UTF_8),
        key.getCreateRevision(),
        key.getModRevision(),
        key.getLease());
  }

  /** A watch that goes on until it is closed. */
  public static final class Watching implements AutoCloseable {
    private final Watch.Watcher watcher;

    private Watching(Watch.Watcher watcher) {
      this.watcher = watcher;
    }

    /** Asks etcd to say that nothing has happened; the listener hears it. */
    public void ask() {
      watcher.requestProgress();
    }

    @Override
    public void close() {
      watcher.close();
    }
  }

  @Override
  public void close() {
    members.forEach(Member::close);
    executor.shutdown();
  }
}
