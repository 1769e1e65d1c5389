package dev.lockclaim.lock.etcd;

import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Snapshot;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Keys in etcd below a prefix: those of one lock, or of all. Every call blocks for its deadline at
 * most, goes to one named member, and on failure makes the next call go to the next one. A call to
 * a member that cannot be connected to fails as soon as that is known, and says why. Before each
 * renewal, and before a session, the folder is asked which members there are. The calls are jetcd's
 * own, its client is not used: docs/decisions/etcd-client.md. Safe for use by many threads.
 */
public final class Etcd implements EtcdCalls, AutoCloseable {
  private final Members members;
  private final Wire wire;

  /**
   * Hears a watch. Each method may be called by any thread, one call at a time, and must not block.
   */
  public interface Listener {
    /** Changes, in order; none is a word that there were none. */
    void changes(List<Change> changes);

    /** Nothing more will come. */
    void ended(String why);
  }

  private Etcd(Members members, String prefix) {
    this.members = members;
    wire = new Wire(prefix);
  }

  /**
   * Opens; nothing is sent yet.
   *
   * @param prefix of the keys, ended by a slash
   * @throws IOException when the folder does not say where etcd is
   */
  public static Etcd open(EtcdFolder folder, String prefix) throws IOException {
    return new Etcd(new Members(folder), prefix);
  }

  /** Keys of a folder below these, over the same connections: closing one closes both. */
  public Etcd below(String subfolder) {
    return new Etcd(members, wire.prefix() + subfolder);
  }

  /**
   * The thread that answers come on. What is done there must not block: nothing is heard of etcd
   * meanwhile. Ends with this object.
   */
  public ScheduledExecutorService thread() {
    return members.thread();
  }

  /** How many members there are to ask. */
  public int members() {
    return members.count();
  }

  /** A call that is not among those of a lock, to the member that is asked now. */
  public <Q, R> R call(MethodDescriptor<Q, R> method, Q request, Duration deadline)
      throws EtcdFailure, InterruptedException {
    return members.call(channel -> Answer.to(channel, method, request), deadline);
  }

  @Override
  public String version(Duration deadline) throws EtcdFailure, InterruptedException {
    members.look();
    return call(MaintenanceGrpc.getStatusMethod(), StatusRequest.getDefaultInstance(), deadline)
        .getVersion();
  }

  /** Proves that a majority answers. */
  public Head head(Duration deadline) throws EtcdFailure, InterruptedException {
    var header = call(KVGrpc.getRangeMethod(), wire.nothing(), deadline).getHeader();
    return new Head(header.getClusterId(), header.getRevision());
  }

  @Override
  public Snapshot read(Duration deadline) throws EtcdFailure, InterruptedException {
    var answer = call(KVGrpc.getRangeMethod(), wire.all(), deadline);
    return wire.snapshot(answer.getHeader(), answer.getKvsList());
  }

  @Override
  public Outcome step(Step step, Duration deadline) throws EtcdFailure, InterruptedException {
    return send(step).await(deadline);
  }

  /** Sends a transaction and returns at once, so that no other thread has to wake up for it. */
  public Pending<Outcome> send(Step step) {
    TxnRequest request = wire.transaction(step);
    Pending<TxnResponse> pending =
        members.send(channel -> Answer.to(channel, KVGrpc.getTxnMethod(), request));
    return pending.map(wire::outcome);
  }

  @Override
  public Granted grant(long ttlSeconds, Duration deadline)
      throws EtcdFailure, InterruptedException {
    var answer =
        call(
            LeaseGrpc.getLeaseGrantMethod(),
            LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build(),
            deadline);
    return new Granted(answer.getID(), answer.getTTL());
  }

  @Override
  public Renewed renew(long lease, Duration deadline) throws EtcdFailure, InterruptedException {
    LeaseKeepAliveRequest request = LeaseKeepAliveRequest.newBuilder().setID(lease).build();
    members.look();
    try {
      var answer =
          members.call(
              channel ->
                  Answer.toOneOfStream(channel, LeaseGrpc.getLeaseKeepAliveMethod(), request),
              deadline);
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
    return call(
            LeaseGrpc.getLeaseTimeToLiveMethod(),
            LeaseTimeToLiveRequest.newBuilder().setID(lease).build(),
            deadline)
        .getTTL();
  }

  /** Ends a lease, and what is held under it. */
  public void revoke(long lease, Duration deadline) throws EtcdFailure, InterruptedException {
    call(
        LeaseGrpc.getLeaseRevokeMethod(),
        LeaseRevokeRequest.newBuilder().setID(lease).build(),
        deadline);
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
   * Watches the keys from what was read on. A watch may be opened at another etcd than was read (a
   * restored one): that is an end, and none of its changes is heard.
   */
  public Watching watch(Snapshot from, Listener listener) throws EtcdFailure {
    return watch(from.revision() + 1, from.clusterId(), listener);
  }

  private Watching watch(long revision, long clusterId, Listener listener) throws EtcdFailure {
    Member member = members.current();
    var start = new Watching.Start(wire.watch(revision), clusterId, revision);
    Watching watching = new Watching(start, wire::changes, listener);
    try {
      var _ =
          member
              .connection()
              .authenticated()
              .whenComplete(
                  (channel, failure) -> {
                    if (failure == null) {
                      watching.open(channel);
                    } else {
                      watching.end(
                          Failures.of(member.endpoint(), new CompletionException(failure))
                              .getMessage());
                    }
                  });
      return watching;
    } catch (IOException e) {
      throw Failures.of(member.endpoint(), e);
    }
  }

  /** Makes the next call go to the next member. */
  public void turn() {
    members.turn();
  }

  @Override
  public void close() {
    members.close();
  }
}
