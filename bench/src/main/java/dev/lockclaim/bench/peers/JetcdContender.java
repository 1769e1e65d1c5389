package dev.lockclaim.bench.peers;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;

/** jetcd's own lock, with a lease that jetcd keeps alive: what its documentation shows. */
final class JetcdContender implements Contender {
  private final Client client;
  private final ByteSequence name;
  private final int ttlSeconds;
  private volatile Session session;
  private ByteSequence key;

  /** One client for the candidates of a process. */
  static final class Shared {
    private final Options options;
    private final Client client;

    Shared(Options options) {
      this.options = options;
      client = Client.builder().endpoints(options.etcd).build();
    }

    Contender open(int index) throws Exception {
      return new JetcdContender(client, options.lockOf(index), options.ttlSeconds);
    }
  }

  private static final class Session implements StreamObserver<LeaseKeepAliveResponse> {
    private final long lease;
    private volatile Runnable lost = () -> {};
    private volatile boolean over;

    Session(long lease) {
      this.lease = lease;
    }

    @Override
    public void onNext(LeaseKeepAliveResponse answer) {}

    @Override
    public void onError(Throwable error) {
      end();
    }

    @Override
    public void onCompleted() {
      end();
    }

    private void end() {
      over = true;
      lost.run();
    }
  }

  private JetcdContender(Client client, String lock, int ttlSeconds) throws Exception {
    this.client = client;
    this.name = ByteSequence.from("/jetcd/" + lock, StandardCharsets.UTF_8);
    this.ttlSeconds = ttlSeconds;
    open();
  }

  private void open() throws Exception {
    session = new Session(client.getLeaseClient().grant(ttlSeconds).get().getID());
    client.getLeaseClient().keepAlive(session.lease, session);
  }

  @Override
  public long join(Runnable lost) throws Exception {
    if (session.over) {
      open();
    }
    key = client.getLockClient().lock(name, session.lease).get().getKey();
    long nanos = System.nanoTime();
    session.lost = lost;
    return nanos;
  }

  @Override
  public void release() throws Exception {
    session.lost = () -> {};
    client.getLockClient().unlock(key).get();
  }
}
