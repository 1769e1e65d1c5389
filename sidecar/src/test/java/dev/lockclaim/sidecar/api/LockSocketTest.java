package dev.lockclaim.sidecar.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.sidecar.TestingClient;
import dev.lockclaim.sidecar.http.HttpServer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LockSocketTest {
  private static final LockView WAITING =
      new LockView(
          LockView.State.WAITING,
          "payments/billing",
          OptionalInt.empty(),
          OptionalLong.empty(),
          0,
          0,
          0,
          List.of(new LockView.Holder(0, "billing-1", 7)),
          OptionalInt.of(2),
          3,
          Optional.empty(),
          false,
          "first in line is billing-2");
  private static final LockView ACTIVE =
      new LockView(
          LockView.State.ACTIVE,
          "payments/billing",
          OptionalInt.of(0),
          OptionalLong.of(48211),
          1,
          9_500_000_000L,
          10_000_000_000L,
          List.of(new LockView.Holder(0, "billing-0", 48211)),
          OptionalInt.empty(),
          1,
          Optional.empty(),
          false,
          "");

  @TempDir private Path folder;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private volatile LockView told = WAITING;
  private volatile LockView view = WAITING; // known, and told a moment later
  private volatile YieldAnswer answer = new YieldAnswer.Accepted();
  private volatile String asked = "";
  private LockSocket socket;
  private HttpServer server;

  @BeforeEach
  void listen() throws IOException {
    socket = new LockSocket(() -> told, () -> view, () -> 4_500_000_000L, this::doYield);
    server = new HttpServer(socket.routes(), loops.next());
    server.listen(folder.resolve("lock.sock"));
  }

  @AfterEach
  void close() {
    server.close();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void showsTheState() throws Exception {
    assertThat(ask("GET", "/v1/state"))
        .endsWith(
            "{\"state\":\"waiting\",\"lock\":\"payments/billing\",\"slot\":null,\"token\":null,\"validForMillis\":0,"
                + "\"holders\":[{\"slot\":0,\"pod\":\"billing-1\",\"token\":\"7\"}],\"position\":2,\"candidates\":3,"
                + "\"reason\":\"first in line is billing-2\"}");
    view = ACTIVE;
    assertThat(ask("GET", "/v1/state"))
        .contains("\"state\":\"active\"")
        .contains("\"slot\":0,\"token\":\"48211\",\"validForMillis\":5000");
  }

  @Test
  void streamsChanges() throws Exception {
    try (TestingClient client = TestingClient.connect(folder.resolve("lock.sock"))) {
      client.send("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.lineThatStarts("data: ")).contains("\"waiting\"");
      told = ACTIVE;
      socket.changed();
      assertThat(client.lineThatStarts("data: ")).contains("\"active\"");
    }
  }

  @Test
  void streamsAreBoundedAndLeaveRoomForOthers() throws Exception {
    List<TestingClient> streams = new ArrayList<>();
    try {
      for (int i = 0; i < 32; i++) {
        TestingClient client = TestingClient.connect(folder.resolve("lock.sock"));
        streams.add(client);
        client.send("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(client.lineThatStarts("data: ")).contains("\"waiting\"");
      }
      assertThat(ask("GET", "/v1/events"))
          .startsWith("HTTP/1.1 503")
          .endsWith("{\"error\":\"there are 32 streams of events already; close one\"}");
      // Half of them read nothing any more; the others hear what is new all the same.
      for (int i = 0; i < 2_000; i++) {
        socket.changed();
      }
      told = ACTIVE;
      view = ACTIVE;
      socket.changed();
      for (TestingClient client : streams.subList(16, 32)) {
        String data = client.lineThatStarts("data: ");
        while (!data.contains("\"active\"")) {
          data = client.lineThatStarts("data: ");
        }
      }
      assertThat(ask("GET", "/v1/state")).contains("\"active\"");
      streams.removeFirst().close();
      await()
          .until(
              () -> {
                TestingClient client = TestingClient.connect(folder.resolve("lock.sock"));
                streams.add(client);
                return client.send("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n").line();
              },
              line -> line.startsWith("HTTP/1.1 200"));
    } finally {
      for (TestingClient client : streams) {
        client.close();
      }
    }
  }

  @Test
  void yields() throws Exception {
    assertThat(ask("POST", "/v1/yield")).startsWith("HTTP/1.1 202");
    assertThat(asked).isEqualTo("false Optional.empty");
    assertThat(ask("POST", "/v1/yield?force=true&to=billing-1")).startsWith("HTTP/1.1 202");
    assertThat(asked).isEqualTo("true Optional[billing-1]");
    answer = new YieldAnswer.Declined("nobody stands in line: add force=true");
    assertThat(ask("POST", "/v1/yield"))
        .startsWith("HTTP/1.1 409")
        .endsWith("{\"error\":\"nobody stands in line: add force=true\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/yield?force=perhaps",
        "/v1/yield?force=true&force=true",
        "/v1/yield?to=",
        "/v1/yield?to=a&to=b",
        "/v1/yield?now=true"
      })
  void refusesWrongParameters(String path) throws Exception {
    assertThat(ask("POST", path)).startsWith("HTTP/1.1 400").contains("{\"error\":\"");
    assertThat(asked).isEmpty();
  }

  @Test
  void saysWhichPathsAndMethodsThereAre() throws Exception {
    assertThat(ask("GET", "/")).startsWith("HTTP/1.1 404").contains("/v1/state");
    assertThat(ask("GET", "/v1/yield")).startsWith("HTTP/1.1 405").contains("POST only");
  }

  private YieldAnswer doYield(boolean force, Optional<String> to) {
    asked = force + " " + to;
    return answer;
  }

  private String ask(String method, String path) throws IOException {
    try (TestingClient client = TestingClient.connect(folder.resolve("lock.sock"))) {
      return client
          .send(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
          .rest();
    }
  }
}
