package dev.lockclaim.lock.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockclaim.lock.Timing;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class MemberTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5_000_000_000L); // it wraps
  private ServerSocket server;
  private Member member;

  @BeforeEach
  void begin() throws IOException {
    listen(0);
    URI endpoint = URI.create("http://127.0.0.1:" + server.getLocalPort());
    EtcdFolder etcd = new EtcdFolder(folder);
    member = new Member(endpoint, etcd, new TlsFiles(etcd), loop, nanos::get);
  }

  @AfterEach
  void close() throws IOException {
    member.close();
    var _ = loop.shutdownGracefully();
    server.close();
  }

  /** Else a SYN that an outage swallows is waited for after its end, beyond what is ridden out. */
  @ParameterizedTest
  @ValueSource(ints = {2, 5, 10, 60})
  void l8AConnectIsGivenUpWithinATry(int ttlSeconds) {
    assertThat(Member.CONNECT_TIMEOUT.toMillis())
        .isLessThanOrEqualTo(Timing.ofSeconds(ttlSeconds, 0).retryMillis());
  }

  /** Else an outage is ridden out that is shorter than what the guarantees say. */
  @ParameterizedTest
  @ValueSource(ints = {2, 5, 10, 60, 3600})
  void l8NoPauseIsLongerThanATry(int ttlSeconds) {
    Timing timing = Timing.ofSeconds(ttlSeconds, 0);
    assertThat(Pacing.pauseNanos(timing.outageMillis() * 1_000_000))
        .isLessThanOrEqualTo(timing.retryMillis() * 1_000_000);
  }

  @Test
  void l8WhoHasFailedIsConnectedToAgainAtOnce() throws Exception {
    fail();
    fail();
    assertThat(connections).hasValue(2);
  }

  @Test
  void l8WhoHasFailedForLongIsNotConnectedToAgainForAWhile() throws Exception {
    failForLong();
    EtcdFailure before = fail();
    assertThat(connections).hasValue(1);
    assertThat(fail()).as("said again, no connection made").isSameAs(before);
    pass(Duration.ofNanos(Pacing.LONGEST_NANOS - 1));
    assertThat(fail()).isSameAs(before);
    assertThat(connections).hasValue(1);
    pass(Duration.ofNanos(1));
    fail();
    assertThat(connections).hasValue(2);
  }

  @Test
  void l8APauseIsATwentiethOfTheOutage() throws Exception {
    fail();
    pass(Duration.ofSeconds(2));
    fail();
    pass(Duration.ofSeconds(2));
    fail();
    pass(Duration.ofMillis(199));
    fail();
    assertThat(connections).hasValue(3);
    pass(Duration.ofMillis(1));
    fail();
    assertThat(connections).hasValue(4);
  }

  /** Such as in a restart of all members, one after the other, after which one was asked alone. */
  @Test
  void l8AnOutageOfLongAgoDoesNotMakeThisOneLonger() throws Exception {
    failForLong();
    pass(Duration.ofDays(2));
    fail();
    fail();
    assertThat(connections).hasValue(3);
  }

  /** What it failed for before does not make the next outage longer. */
  @Test
  void l8WhoHasAnsweredIsConnectedToAgainAtOnce() throws Exception {
    failForLong();
    pass(Duration.ofSeconds(1));
    int port = server.getLocalPort();
    server.close();
    Server etcd =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(
                new KVGrpc.KVImplBase() {
                  @Override
                  public void range(RangeRequest request, StreamObserver<RangeResponse> answer) {
                    answer.onNext(RangeResponse.getDefaultInstance());
                    answer.onCompleted();
                  }
                })
            .build()
            .start();
    ask();
    etcd.shutdownNow().awaitTermination();
    listen(port);
    connections.set(0);
    fail(); // by the connection that there was, or by a new one
    fail();
    int before = connections.get();
    fail();
    assertThat(connections).hasValue(before + 1);
  }

  /** For more than twenty times the longest pause; connections are counted from the last one on. */
  private void failForLong() {
    for (int second = 0; second < 30; second++) {
      connections.set(0);
      fail();
      pass(Duration.ofSeconds(1));
    }
    connections.set(0);
    fail();
  }

  private EtcdFailure fail() {
    return catchThrowableOfType(EtcdFailure.class, this::ask);
  }

  private void ask() throws EtcdFailure, InterruptedException {
    member.call(
        channel -> Answer.to(channel, KVGrpc.getRangeMethod(), RangeRequest.getDefaultInstance()),
        Optional.empty(),
        LONG);
  }

  /** Whoever connects is hung up on at once. */
  private void listen(int port) throws IOException {
    server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().start(this::hangUp);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private void hangUp() {
    ServerSocket listening = server;
    while (!listening.isClosed()) {
      try {
        var client = listening.accept();
        connections.incrementAndGet();
        client.close();
      } catch (IOException e) {
        return; // closed
      }
    }
  }
}
