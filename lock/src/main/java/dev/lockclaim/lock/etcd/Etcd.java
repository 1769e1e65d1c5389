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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Keys in etcd below a prefix: those of one lock, or of all. Every call blocks for its deadline at
 * most, goes to one named member, and on failure makes the next call go to the next one. Of jetcd
 * only KV, single lease calls and watch are used: its keep-alive, lock and election judge time by
 * their own rules. Safe for use by many threads.
 */
public final class Etcd implements EtcdCalls, AutoCloseable {
  private final Members members;
  private final String prefix;

  /** Hears a watch. Each method may be called by any thread. */
  public interface Listener {
    /** Changes, in order; none is a word that there were none. */
    void changes(List<Change> changes);

    /** Nothing more will come. */
    void ended(String why);
  }

  /** A call of jetcd's. */
  public interface Call<T> {
    /** Sends it. */
    CompletableFuture<T> on(Client client);
  }

  private Etcd(Members members, String prefix) {
    this.members = members;
    this.prefix = prefix;
  }

  /**
   * Opens; nothing is sent yet. A call waits for a connection until its deadline.
   *
   * @param prefix of the keys, ended by a slash
   * @throws IOException when the folder does not say where etcd is
   */
  public static Etcd open(EtcdFolder folder, String prefix) throws IOException {
    return new Etcd(new Members(folder, true), prefix);
  }

  /**
   * Like {@link #open}, but a call without a connection fails at once, and says why there is none.
   */
  public static Etcd openFailingFast(EtcdFolder folder, String prefix) throws IOException {
    return new Etcd(new Members(folder, false), prefix);
  }

  /** Keys of a folder below these, over the same connections: closing one closes both. */
  public Etcd below(String subfolder) {
    return new Etcd(members, prefix + subfolder);
  }

  /** How many members there are to ask. */
  public int members() {
    return members.count();
  }

  /** A call that is not among those of a lock, to the member that is asked now. */
  public <T> T call(Call<T> call, Duration deadline) throws EtcdFailure, InterruptedException {
    return members.call(call, deadline);
  }

  @Override
  public String version(Duration deadline) throws EtcdFailure, InterruptedException {
    Member member = members.current();
    return members
        .call(
            member,
            client -> client.getMaintenanceClient().statusMember(member.endpoint().toString()),
            deadline)
        .getVersion();
  }

  @Override
  public Snapshot read(Duration deadline) throws EtcdFailure, InterruptedException {
    var answer = call(c -> c.getKVClient().get(Member.bytes(prefix), all()), deadline);
    return snapshot(
        answer.getHeader().getClusterId(), answer.getHeader().getRevision(), answer.getKvs());
  }

  @Override
  public Outcome step(Step step, Duration deadline) throws EtcdFailure, InterruptedException {
    List<Cmp> compares = step.compares().stream().map(this::compare).toList();
    List<Op> then = new ArrayList<>(step.writes().stream().map(this::write).toList());
    Op read = Op.get(Member.bytes(prefix), all());
    then.add(read);
    TxnResponse answer =
        call(
            client ->
                client
                    .getKVClient()
                    .txn()
                    .If(compares.toArray(Cmp[]::new))
                    .Then(then.toArray(Op[]::new))
                    .Else(read)
                    .commit(),
            deadline);
    var header = answer.getHeader();
    return new Outcome(
        answer.isSucceeded(),
        snapshot(
            header.getClusterId(),
            header.getRevision(),
            answer.getGetResponses().getFirst().getKvs()));
  }

  @Override
  public Granted grant(long ttlSeconds, Duration deadline)
      throws EtcdFailure, InterruptedException {
    var answer = call(client -> client.getLeaseClient().grant(ttlSeconds), deadline);
    return new Granted(answer.getID(), answer.getTTL());
  }

  @Override
  public Renewed renew(long lease, Duration deadline) throws EtcdFailure, InterruptedException {
    try {
      var answer = call(client -> client.getLeaseClient().keepAliveOnce(lease), deadline);
      return new Renewed(answer.getTTL(), answer.getHeader().getClusterId());
    } catch (EtcdFailure e) {
      if (e.kind() == EtcdFailure.Kind.NO_LEASE) {
        return new Renewed(0, 0);
      }
      throw e;
    }
  }

  /** What is left of somebody's lease, in seconds; below 0 when it is no more. */
  public long remaining(long lease, Duration deadline) throws EtcdFailure, InterruptedException {
    return call(c -> c.getLeaseClient().timeToLive(lease, LeaseOption.DEFAULT), deadline).getTTL();
  }

  /** Ends a lease, and what is held under it. */
  public void revoke(long lease, Duration deadline) throws EtcdFailure, InterruptedException {
    call(client -> client.getLeaseClient().revoke(lease), deadline);
  }

  /**
   * Watches the keys from a revision on. The listener's changes go on until it is told the end or
   * the result is closed.
   *
   * @param revision the first one to hear of: one past a read's. (etcd serves a watch that begins
   *     at the current revision from a loop of 100 ms.)
   */
  public Watching watch(long revision, Listener listener) throws EtcdFailure {
    return watch(revision, 0, listener);
  }

  /**
   * Watches the keys from what was read on. A watch may be opened at, or come back to, another etcd
   * than was read (a restored one): that is an end, and none of its changes is heard.
   */
  public Watching watch(Snapshot from, Listener listener) throws EtcdFailure {
    return watch(from.revision() + 1, from.clusterId(), listener);
  }

  private Watching watch(long revision, long clusterId, Listener listener) throws EtcdFailure {
    Member member = members.current();
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
                      response -> hear(response, clusterId, revision, listener),
                      // jetcd resumes by rules of its own; what it may skip is read again instead.
                      error -> listener.ended(String.valueOf(error.getMessage())),
                      () -> listener.ended("the watch was ended by etcd")));
      return new Watching(watcher);
    } catch (IOException | RuntimeException e) {
      throw Failures.of(member.endpoint(), e);
    }
  }

  private void hear(WatchResponse response, long clusterId, long revision, Listener listener) {
    var header = response.getHeader();
    // The header of a watch's first word may be of the revision before the one that it begins at.
    if (clusterId != 0
        && (header.getClusterId() != clusterId || header.getRevision() < revision - 1)) {
      listener.ended("another etcd answers than the one that was read, or it has gone back");
    } else {
      listener.changes(changes(response));
    }
  }

  /** Makes the next call go to the next member. */
  public void turn() {
    members.turn();
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
      case Step.Write.DeleteBelow(String folder) ->
          Op.delete(Member.bytes(prefix + folder), DeleteOption.builder().isPrefix(true).build());
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
    members.close();
  }
}
