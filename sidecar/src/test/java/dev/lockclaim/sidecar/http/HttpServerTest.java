package dev.lockclaim.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.sidecar.TestingClient;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class HttpServerTest {
  @TempDir private Path folder;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final BlockingQueue<EventStream> streams = new LinkedBlockingQueue<>();
  private final BlockingQueue<Exchange> held = new LinkedBlockingQueue<>();
  private HttpServer onPort;
  private HttpServer onSocket;
  private Path socket;
  private int port;

  /** The ways in, which are to be alike. */
  enum Where {
    PORT,
    SOCKET
  }

  @BeforeEach
  void listen() throws IOException {
    listen(Duration.ofMinutes(1));
  }

  private void listen(Duration requestTime) throws IOException {
    Routes routes =
        new Routes()
            .on("GET", "/hello", exchange -> exchange.text(200, "hello"))
            .on("GET", "/later", this::answerLater)
            .on("GET", "/held", held::add)
            .on("GET", "/broken", HttpServerTest::fail)
            .on("POST", "/act", exchange -> exchange.text(200, exchange.parameter("to").toString()))
            .on("GET", "/events", exchange -> streams.add(exchange.events()))
            .on("GET", "/folder/", exchange -> exchange.text(200, exchange.path()));
    socket = folder.resolve("lock.sock");
    onPort = new HttpServer(routes, loops.next(), requestTime);
    onSocket = new HttpServer(routes, loops.next(), requestTime);
    port = onPort.listen(0);
    onSocket.listen(socket);
  }

  private void close() {
    onPort.close();
    onSocket.close();
  }

  @AfterEach
  void closeAll() {
    close();
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
    assertThat(ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
        .contains("connection: close")
        .endsWith("hello");
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

  @ParameterizedTest
  @EnumSource
  void aHundredAtOnceAreAllAnswered(Where where) throws Exception {
    Queue<String> answers = new ConcurrentLinkedQueue<>();
    List<Thread> crowd = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      crowd.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (TestingClient client = connect(where)) {
                      answers.add(client.send(get("/later")).rest());
                    } catch (IOException e) {
                      answers.add(e.toString());
                    }
                  }));
    }
    for (Thread one : crowd) {
      one.join();
    }
    assertThat(answers).hasSize(100).allMatch(answer -> answer.endsWith("at last"));
  }

  @ParameterizedTest
  @EnumSource
  void halfARequestIsAnsweredWhenItsTimeIsOver(Where where) throws Exception {
    close();
    listen(Duration.ofMillis(300));
    try (TestingClient half = connect(where);
        TestingClient silent = connect(where);
        TestingClient kept = connect(where)) {
      half.send("GET /hello HTTP/1.1\r\nHost:");
      kept.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(half.rest())
          .startsWith("HTTP/1.1 408")
          .endsWith("{\"error\":\"the request did not come in whole in time\"}");
      assertThat(silent.rest()).isEmpty();
      assertThat(kept.rest()).startsWith("HTTP/1.1 200").endsWith("hello");
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoAsksTooMuchAheadIsToldSo(Where where) throws Exception {
    try (TestingClient greedy = connect(where);
        TestingClient modest = connect(where)) {
      greedy.send("GET /held HTTP/1.1\r\n\r\n".repeat(300));
      modest.send(get("/hello"));
      assertThat(modest.rest()).endsWith("hello");
      held.take().text(200, "");
      for (int i = 0; i < 64; i++) {
        held.take().text(200, "");
      }
      String answers = greedy.rest();
      assertThat(answers.split("HTTP/1.1 200", -1)).hasSize(66);
      assertThat(answers)
          .contains("HTTP/1.1 429")
          .endsWith("{\"error\":\"send at most 64 requests ahead of their answers\"}");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFloodOfGoodRequestsHarmsNobody(Where where) throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    Thread flood =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (TestingClient client = connect(where)) {
                    while (!enough.get()) {
                      client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20));
                      for (int i = 0; i < 20; i++) {
                        client.lineThatStarts("content-length");
                      }
                    }
                  } catch (IOException e) {
                    assertThat(e).isNotNull();
                  }
                });
    for (int i = 0; i < 50; i++) {
      try (TestingClient other = connect(where)) {
        assertThat(other.send(get("/hello")).rest()).endsWith("hello");
      }
    }
    enough.set(true);
    flood.join();
  }

  @ParameterizedTest
  @EnumSource
  void aCrowdThatStaysMakesRoom(Where where) throws Exception {
    List<TestingClient> crowd = new ArrayList<>();
    try {
      for (int i = 0; i < HttpServer.MAX_CONNECTIONS + 50; i++) {
        TestingClient client = connect(where);
        crowd.add(client);
        // Some have had an answer and stay: they go first.
        if (i % 3 == 0) {
          client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
          assertThat(client.line()).startsWith("HTTP/1.1 200");
        }
      }
      try (TestingClient late = connect(where)) {
        assertThat(late.send(get("/hello")).rest()).endsWith("hello");
      }
      // Whoever has asked nothing yet was not put out while there were others.
      assertThat(crowd.get(1).send(get("/hello")).rest()).endsWith("hello");
    } finally {
      for (TestingClient client : crowd) {
        client.close();
      }
    }
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

  private TestingClient connect(Where where) throws IOException {
    return where == Where.PORT ? TestingClient.connect(port) : TestingClient.connect(socket);
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
