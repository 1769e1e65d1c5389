package dev.lockclaim.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.sidecar.TestingClient;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HttpServerTest {
  @TempDir private Path folder;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final BlockingQueue<EventStream> streams = new LinkedBlockingQueue<>();
  private HttpServer onPort;
  private HttpServer onSocket;
  private Path socket;
  private int port;

  @BeforeEach
  void listen() throws IOException {
    Routes routes =
        new Routes()
            .on("GET", "/hello", exchange -> exchange.text(200, "hello"))
            .on("GET", "/later", this::answerLater)
            .on("GET", "/broken", HttpServerTest::fail)
            .on("POST", "/act", exchange -> exchange.text(200, exchange.parameter("to").toString()))
            .on("GET", "/events", exchange -> streams.add(exchange.events()))
            .on("GET", "/folder/", exchange -> exchange.text(200, exchange.path()));
    socket = folder.resolve("lock.sock");
    onPort = new HttpServer(routes, loops.next());
    onSocket = new HttpServer(routes, loops.next());
    port = onPort.listen(0);
    onSocket.listen(socket);
  }

  @AfterEach
  void close() {
    onPort.close();
    onSocket.close();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void answersOnPortAndSocketAlike() throws Exception {
    try (TestingClient client = TestingClient.connect(port)) {
      assertThat(client.send(get("/hello")).rest()).startsWith("HTTP/1.1 200").endsWith("hello");
    }
    assertThat(ask(get("/hello?x=y"))).startsWith("HTTP/1.1 200").endsWith("hello");
    assertThat(ask(get("/later"))).endsWith("at last");
    assertThat(ask(get("/folder/a%20b"))).endsWith("/folder/a b");
    assertThat(ask("POST /act?to=a&to=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .endsWith("[a, b]");
    assertThat(ask("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .contains("content-length: 5")
        .doesNotContain("hello");
  }

  @Test
  void severalRequestsOnOneConnectionAreAnsweredInOrder() throws Exception {
    String keep = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
    try (TestingClient client = TestingClient.connect(socket)) {
      client.send(keep + "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" + get("/nothing"));
      String answers = client.rest();
      assertThat(answers.indexOf("at last")).isPositive();
      assertThat(answers.indexOf("hello")).isGreaterThan(answers.indexOf("at last"));
      assertThat(answers.indexOf("404")).isGreaterThan(answers.indexOf("hello"));
    }
  }

  @Test
  void saysWhatIsWrong() throws Exception {
    assertThat(ask(get("/nothing"))).startsWith("HTTP/1.1 404").contains("{\"error\":\"");
    assertThat(ask("POST /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 405")
        .contains("allow: GET");
    assertThat(ask("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(ask("GET /" + "x".repeat(9000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 414");
    assertThat(ask("GET / HTTP/1.1\r\nA: " + "x".repeat(20_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");
    assertThat(ask("POST /act HTTP/1.1\r\nContent-Length: 99999\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 413");
    assertThat(ask("\0\1\2\3\r\n\r\n")).startsWith("HTTP/1.1 400");
    assertThat(ask(get("/broken"))).startsWith("HTTP/1.1 500");
  }

  @Test
  void slowAndNoisyClientsHarmNobody() throws Exception {
    TestingClient[] crowd = new TestingClient[100];
    try {
      byte[] noise = new byte[50_000];
      new Random(4711).nextBytes(noise);
      for (int i = 0; i < crowd.length; i++) {
        crowd[i] = TestingClient.connect(socket);
        try {
          crowd[i].send(i % 2 == 0 ? "GET /hel".getBytes(StandardCharsets.US_ASCII) : noise);
        } catch (IOException e) {
          assertThat(e).isNotNull(); // Cut off in the middle of its noise.
        }
      }
      assertThat(ask(get("/hello"))).endsWith("hello");
    } finally {
      for (TestingClient client : crowd) {
        client.close();
      }
    }
  }

  @Test
  void streamsEventsAndNoticesTheEnd() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (TestingClient client = TestingClient.connect(socket)) {
      client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
      EventStream stream = streams.take();
      stream.onEnd(ended::countDown);
      stream.send("state", "{}".getBytes(StandardCharsets.UTF_8));
      assertThat(client.lineThatStarts("event")).isEqualTo("event: state");
      assertThat(client.line()).isEqualTo("data: {}");
      assertThat(client.line()).isEmpty();
    }
    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aClientThatDoesNotReadGetsTheNewestEventLater() throws Exception {
    try (TestingClient client = TestingClient.connect(socket)) {
      client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
      EventStream stream = streams.take();
      String filler = "x".repeat(1000);
      for (int i = 0; i < 5_000; i++) {
        stream.send("state", (filler + i).getBytes(StandardCharsets.UTF_8));
      }
      stream.send("state", "newest".getBytes(StandardCharsets.UTF_8));
      assertThat(ask(get("/hello"))).endsWith("hello");
      int events = 0;
      String line = client.lineThatStarts("data: ");
      for (; !line.equals("data: newest"); line = client.lineThatStarts("data: ")) {
        events++;
      }
      assertThat(events).isLessThan(5_000);
    }
  }

  private static void fail(Exchange exchange) {
    throw new IllegalStateException("on purpose, for " + exchange.path());
  }

  private void answerLater(Exchange exchange) {
    Thread.ofVirtual().start(() -> exchange.text(200, "at last"));
  }

  private String ask(String request) throws IOException {
    try (TestingClient client = TestingClient.connect(socket)) {
      try {
        client.send(request);
      } catch (IOException e) {
        assertThat(e).isNotNull(); // Answered and closed before it had all.
      }
      return client.rest();
    }
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  }
}
