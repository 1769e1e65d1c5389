package dev.lockclaim.sidecar.probes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.lockclaim.sidecar.TestingClient;
import dev.lockclaim.sidecar.gates.Activation;
import dev.lockclaim.sidecar.http.Routes;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Probes against real servers, on a clock that the test moves. */
@Timeout(60)
class ProbeDeskTest {
  private static final long SECOND = 1_000_000_000L;

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final AtomicInteger status = new AtomicInteger(200);
  private final AtomicReference<String> header = new AtomicReference<>();
  private Activation activation = Activation.NONE;
  private long now = 1_000 * SECOND;
  private HttpServer main;

  @BeforeEach
  void startMain() throws Exception {
    main = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    main.createContext(
        "/",
        exchange -> {
          header.set(exchange.getRequestHeaders().getFirst("X-Probe"));
          exchange.sendResponseHeaders(
              exchange.getRequestURI().getPath().equals("/ok") ? 200 : status.get(), -1);
          exchange.close();
        });
    main.start();
  }

  @AfterEach
  void stopMain() {
    main.stop(0);
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void carriesOutHttpProbesOnTheActiveOnly() {
    ProbeDesk desk =
        desk(
            "{\"worker\":{\"liveness\":{\"httpGet\":{\"path\":\"/\",\"port\":%d,\"scheme\":\"HTTP\",\"httpHeaders\":[{\"name\":\"X-Probe\",\"value\":\"yes\"}]}}}}"
                .formatted(main.getAddress().getPort()));
    status.set(500);
    assertThat(desk.ask("worker", Probe.Kind.LIVENESS).ok()).isTrue();
    activate("worker");
    assertThat(desk.ask("worker", Probe.Kind.LIVENESS).ok()).isFalse();
    assertThat(header).hasValue("yes");
    status.set(302);
    assertThat(desk.ask("worker", Probe.Kind.LIVENESS).ok()).isTrue();
    assertThat(desk.ask("unknown", Probe.Kind.LIVENESS).ok()).isTrue();
  }

  @Test
  void startsUpAnewWithEachActivation() {
    int port = main.getAddress().getPort();
    ProbeDesk desk =
        desk(
            "{\"worker\":{\"startup\":{\"httpGet\":{\"path\":\"/start\",\"port\":%d},\"periodSeconds\":1,\"failureThreshold\":10},\"liveness\":{\"httpGet\":{\"path\":\"/ok\",\"port\":%d}},\"readiness\":{\"httpGet\":{\"path\":\"/ok\",\"port\":%d}}}}"
                .formatted(port, port, port));
    activate("worker");
    status.set(503);
    assertThat(desk.ask("worker", Probe.Kind.LIVENESS).why()).isEqualTo("main is starting up");
    assertThat(desk.ask("worker", Probe.Kind.READINESS).ok()).isFalse();
    now += 11 * SECOND;
    assertThat(desk.ask("worker", Probe.Kind.LIVENESS).ok()).isFalse();
    status.set(200);
    assertThat(desk.ask("worker", Probe.Kind.LIVENESS).ok()).isTrue();
    status.set(503); // Startup is not asked again.
    assertThat(desk.ask("worker", Probe.Kind.READINESS).ok()).isTrue();
    activate("worker");
    assertThat(desk.ask("worker", Probe.Kind.READINESS).ok()).isFalse();
  }

  @Test
  void aCrowdSharesOneProbe() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    AtomicInteger carriedOut = new AtomicInteger();
    ProbeDesk desk =
        new ProbeDesk(
            ProbesJson.parse("{\"worker\":{\"liveness\":{\"tcpSocket\":{\"port\":1}}}}"),
            () -> activation,
            () -> now,
            probe -> {
              carriedOut.incrementAndGet();
              reached.countDown();
              awaitQuietly(answer);
              return new ProbeRunner.Outcome(false, "down");
            });
    activate("worker");
    var server =
        new dev.lockclaim.sidecar.http.HttpServer(
            new Routes().on("GET", ProbeDesk.PATH, desk), loops.next());
    int port = server.listen(0);
    String ask = " /probe/worker/liveness HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    List<TestingClient> crowd = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        crowd.add(TestingClient.connect(port).send("GET" + ask));
      }
      reached.await();
      try (TestingClient kubelet = TestingClient.connect(port)) {
        kubelet.send("GET" + ask.replace("liveness", "readiness"));
        assertThat(kubelet.rest()).startsWith("HTTP/1.1 200"); // Another probe need not wait.
      }
      answer.countDown();
      for (TestingClient client : crowd) {
        assertThat(client.rest()).startsWith("HTTP/1.1 503").endsWith("down\n");
      }
      assertThat(carriedOut).hasValueLessThan(100);
    } finally {
      answer.countDown();
      for (TestingClient client : crowd) {
        client.close();
      }
      server.close();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void connectsForTcpProbes() throws Exception {
    activate("worker");
    ProbeDesk desk;
    try (ServerSocket open = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      desk =
          desk(
              "{\"worker\":{\"readiness\":{\"tcpSocket\":{\"port\":%d}}}}"
                  .formatted(open.getLocalPort()));
      assertThat(desk.ask("worker", Probe.Kind.READINESS).ok()).isTrue();
    }
    assertThat(desk.ask("worker", Probe.Kind.READINESS).ok()).isFalse();
  }

  @Test
  void callsGrpcHealth() throws Exception {
    AtomicInteger health = new AtomicInteger(1);
    AtomicReference<String> asked = new AtomicReference<>();
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .bossEventLoopGroup(loops)
            .workerEventLoopGroup(loops)
            .channelType(NioServerSocketChannel.class)
            .addService(
                ServerServiceDefinition.builder("grpc.health.v1.Health")
                    .addMethod(
                        GrpcHealth.method(),
                        ServerCalls.asyncUnaryCall(
                            (request, answer) -> {
                              asked.set(new String(request, StandardCharsets.UTF_8));
                              answer.onNext(new byte[] {0x08, (byte) health.get()});
                              answer.onCompleted();
                            }))
                    .build())
            .build()
            .start();
    try {
      activate("worker");
      ProbeDesk desk =
          desk(
              "{\"worker\":{\"liveness\":{\"grpc\":{\"port\":%d,\"service\":\"pay\"},\"timeoutSeconds\":10}}}"
                  .formatted(server.getPort()));
      assertThat(desk.ask("worker", Probe.Kind.LIVENESS).ok()).isTrue();
      assertThat(asked.get()).isEqualTo("\n\3pay");
      health.set(2);
      assertThat(desk.ask("worker", Probe.Kind.LIVENESS).ok()).isFalse();
      server.shutdownNow().awaitTermination();
      assertThat(desk.ask("worker", Probe.Kind.LIVENESS).ok()).isFalse();
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void saysWhatIsWrongWithTheProbes() {
    assertThatThrownBy(() -> desk("{")).hasMessageContaining("not JSON");
    assertThatThrownBy(() -> desk("[]")).hasMessageContaining("not a JSON object");
    assertThatThrownBy(() -> desk("{\"w\":{\"sometimes\":{}}}")).hasMessageContaining("sometimes");
    assertThatThrownBy(() -> desk("{\"w\":{\"liveness\":{\"tcpSocket\":{\"port\":\"web\"}}}}"))
        .hasMessageContaining("w.liveness.tcpSocket.port");
    assertThat(ProbesJson.parse("{\"w\":{\"liveness\":{\"exec\":{\"command\":[\"x\"]}}}}"))
        .isEqualTo(Map.of("w", Map.of()));
  }

  private void activate(String container) {
    activation = new Activation(activation.token() + 1, now, Set.of(container));
  }

  private ProbeDesk desk(String json) {
    return ProbeDesk.of(json, () -> activation, () -> now, loops);
  }
}
