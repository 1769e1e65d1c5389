package dev.lockclaim.lock.etcd;

import io.grpc.Channel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * One member of etcd, by a connection of its own: a request goes to the member that it is meant
 * for. After a failure the connection is made anew, since gRPC's back-off between connects would
 * eat an outage's tolerance, since what was sent into a cut is sent again by TCP late only, and
 * since certificates and passwords may have changed; with {@linkplain Pacing a pause} when it has
 * failed for long, in which a request fails at once as the last one did. Safe for use by many
 * threads.
 */
final class Member implements AutoCloseable {
  /**
   * Of TCP alone, and less than the shortest try of a renewal: the kernel sends a lost SYN again
   * after a second, a new connection sends one at once.
   */
  static final Duration CONNECT_TIMEOUT = Duration.ofMillis(200);

  // Only while there is a call, such as a watch: etcd ends a connection that pings without one. It
  // also refuses pings that come faster than every 5 s; gRPC sends none faster than every 10 s.
  private static final Duration PING = Duration.ofSeconds(10);
  private static final Duration PING_TIMEOUT = Duration.ofSeconds(2);

  /** All locks of a big cluster in one answer to the operator, many times over. */
  private static final int LARGEST_ANSWER = 64 << 20;

  /** Enough for the operator's big answers on a fast network; not set aside, only allowed. */
  private static final int WINDOW_BYTES = 1 << 20;

  /** A request. */
  interface Call<T> {
    /** Sends it. */
    CompletableFuture<T> on(Channel channel);
  }

  private final URI endpoint;
  private final EtcdFolder folder;
  private final TlsFiles tls;
  private final EventLoopGroup loop;
  private final LongSupplier nanoTime;
  // Written under this monitor, under which TLS is set up too; whoever decides does not wait for
  // it.
  private volatile Connection connection;
  // Why it was not used again, until the next answer; null when all is well.
  private volatile EtcdFailure failure;
  private long failingSinceNanos; // where there is a failure
  private long failedNanos; // where there is a failure
  private long openedNanos; // where there was a connection
  private boolean closed;

  Member(
      URI endpoint, EtcdFolder folder, TlsFiles tls, EventLoopGroup loop, LongSupplier nanoTime) {
    this.endpoint = endpoint;
    this.folder = folder;
    this.tls = tls;
    this.loop = loop;
    this.nanoTime = nanoTime;
  }

  URI endpoint() {
    return endpoint;
  }

  /** A request that was sent on a connection, or not yet. */
  record Sent<T>(Connection connection, Channel channel, CompletableFuture<T> answer) {}

  /** Sends a request, where that can be done without waiting for anything. */
  <T> Optional<Sent<T>> send(Call<T> call) {
    Connection ready = connection;
    Channel channel = ready == null ? null : ready.authenticatedNow();
    if (channel == null) {
      return Optional.empty();
    }
    CompletableFuture<T> answer;
    try {
      answer = call.on(channel);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e); // whoever awaits it hears of it
    }
    return Optional.of(new Sent<>(ready, channel, answer));
  }

  /**
   * Sends a request, if that is still to be done, and waits for its answer.
   *
   * @param deadline for all of it: connecting, authenticating, and the request
   */
  <T> T call(Call<T> call, Optional<Sent<T>> sent, Duration deadline)
      throws EtcdFailure, InterruptedException {
    long endNanos = System.nanoTime() + deadline.toNanos();
    Connection used = null;
    try {
      used = sent.isPresent() ? sent.get().connection() : connection();
      Channel channel =
          sent.isPresent() ? sent.get().channel() : await(used.authenticated(), endNanos, false);
      T answer;
      try {
        answer = await(sent.isPresent() ? sent.get().answer() : call.on(channel), endNanos, true);
      } catch (ExecutionException e) {
        if (!Failures.isTokenRefused(e)) {
          throw e;
        }
        // Etcd looks at the token before anything else: nothing was done.
        used.forgetToken(channel);
        answer = await(call.on(await(used.authenticated(), endNanos, false)), endNanos, true);
      }
      answered();
      return answer;
    } catch (TimeoutException | ExecutionException | IOException | RuntimeException e) {
      throw failed(used, e);
    }
  }

  private static <T> T await(CompletableFuture<T> answer, long endNanos, boolean own)
      throws ExecutionException, TimeoutException, InterruptedException {
    try {
      return answer.get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | InterruptedException e) {
      if (own) {
        answer.cancel(true);
      }
      throw e;
    }
  }

  /** What a failure of a request means; is it the connection's, that is not used again. */
  private EtcdFailure failed(Connection used, Exception e) {
    EtcdFailure why = Failures.of(endpoint, e);
    boolean answered =
        Failures.isOfEtcd(e)
            && !Failures.isTokenRefused(e)
            && why.kind() != EtcdFailure.Kind.CREDENTIALS; // the password may have changed
    boolean stillBeingMade = e instanceof TimeoutException && used != null && !used.isSilent();
    if (answered) {
      answered();
    } else if (used != null && !stillBeingMade) {
      drop(used, why);
    }
    return why;
  }

  /**
   * The one that there is, or a new one.
   *
   * @throws EtcdFailure the last one, when it is too early for a new one
   */
  synchronized Connection connection() throws IOException, EtcdFailure {
    if (closed) {
      throw new IOException("the connection to etcd is closed");
    }
    if (connection == null) {
      long now = nanoTime.getAsLong();
      EtcdFailure last = failure;
      if (last != null && now - openedNanos < Pacing.pauseNanos(openedNanos - failingSinceNanos)) {
        throw last;
      }
      openedNanos = now;
      try {
        connection = open();
      } catch (IOException | RuntimeException e) {
        failed(Failures.of(endpoint, e));
        throw e;
      }
    }
    return connection;
  }

  private void answered() {
    if (failure != null) { // of one member, in a hand-over, it never is
      failure = null;
    }
  }

  /** A newer connection is left alone. */
  private void drop(Connection failed, EtcdFailure why) {
    synchronized (this) {
      if (failed.equals(connection)) {
        connection = null;
        failed(why);
      }
    }
    failed.close();
  }

  private synchronized void failed(EtcdFailure why) {
    long now = nanoTime.getAsLong();
    // It may have failed days ago and not been asked since: that is no part of this outage.
    if (failure == null || now - failedNanos > Pacing.FORGOTTEN_NANOS) {
      failingSinceNanos = now;
    }
    failedNanos = now;
    failure = why;
  }

  private Connection open() throws IOException {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(endpoint.getHost(), endpoint.getPort())
            .eventLoopGroup(loop)
            .channelType(NioSocketChannel.class)
            .withOption(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(CONNECT_TIMEOUT.toMillis()))
            // What hears an answer decides at once and sends what follows, no more: a thread for
            // that alone would only make it late.
            .directExecutor()
            .keepAliveTime(PING.toMillis(), TimeUnit.MILLISECONDS)
            .keepAliveTimeout(PING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
            .maxInboundMessageSize(LARGEST_ANSWER)
            // A window of its own size is not measured: else each answer is followed by a ping,
            // which costs both sides as much as a small request.
            .flowControlWindow(WINDOW_BYTES)
            // Retries are the lock's own to make: only it knows what an unknown outcome means.
            .disableRetry();
    if ("https".equals(endpoint.getScheme())) {
      builder.sslContext(tls.context());
    } else {
      builder.usePlaintext();
    }
    return new Connection(
        builder.build(), folder.text("username"), folder.text("password").orElse(""));
  }

  @Override
  public void close() {
    Connection last;
    synchronized (this) {
      closed = true;
      last = connection;
      connection = null;
    }
    if (last != null) {
      last.close();
    }
  }
}
