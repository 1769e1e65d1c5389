package dev.lockclaim.sidecar.gates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.sidecar.TestingClient;
import dev.lockclaim.sidecar.TestingMainListener;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GateServerTest {
  private static final long CLOCK = 1_000_000_000_000L;

  @TempDir private Path folder;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final TestingMainListener heard = new TestingMainListener();
  private final AtomicLong shown = new AtomicLong(-1);
  private Path socket;
  private GateServer server;

  @BeforeEach
  void listen() throws IOException {
    socket = folder.resolve("gate.sock");
    server = server(1);
    server.listen(socket);
  }

  @AfterEach
  void close() {
    server.close();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void greetsComparesClocksAndRuns() throws Exception {
    try (TestingClient gate = waitingGate("worker")) {
      server.run(7, 0, new Times(1, 2));
      assertThat(gate.line()).isEqualTo("RUN token=7 slot=0 term_ns=1 kill_ns=2");
      assertThat(shown).hasValue(7);
      gate.send("STARTED token=7 boot_ns=" + CLOCK + "\n");
      heard.expect("started 7");
      await().until(() -> server.activation().up(), List.of("worker")::containsAll);
      assertThat(server.awaitIdle(0, TimeUnit.SECONDS)).isFalse();
      server.stop(7, 500);
      assertThat(gate.line()).isEqualTo("STOP token=7 grace_ms=500");
      gate.send("ENDED token=7 status=signal:15 why=stop next=wait late_ms=0 boot_ns=5\n");
      assertThat(server.awaitIdle(30, TimeUnit.SECONDS)).isTrue();
      heard.expect("ended 7 143 asked");
      assertThat(shown).hasValue(0);
      assertThat(server.activation()).isEqualTo(Activation.NONE);
    }
  }

  @Test
  void h9DoesNotRunUnderAnotherClock() throws Exception {
    try (TestingClient gate = TestingClient.connect(socket)) {
      gate.send(hello("worker"));
      gate.lineThatStarts("PING");
      gate.send("BEAT token=0 boot_ns=" + (CLOCK + 60_000_000_000L) + "\n");
      await().until(() -> server.trouble().isPresent());
      server.run(7, 0, new Times(1, 2));
      heard.expect("refused 7 STOPPING");
      assertThat(server.trouble()).get().asString().contains("CLOCK_BOOTTIME").contains("60000 ms");
    }
  }

  @Test
  void theSocketIsForEveryUserAndReplacesAStaleOne() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-rw-rw-");
    server.close();
    assertThat(socket).exists();
    server = server(2);
    server.listen(socket);
    try (TestingClient gate = TestingClient.connect(socket)) {
      assertThat(gate.send(hello("worker")).line()).startsWith("HELLO v=1 sidecar=2 lock=a/b");
    }
  }

  @Test
  void garbageFloodsAndHalfLinesHarmNobody() throws Exception {
    try (TestingClient half = TestingClient.connect(socket).send("HELLO v=1 contai");
        TestingClient silent = TestingClient.connect(socket);
        TestingClient gate = waitingGate("worker")) {
      byte[] noise = new byte[100_000];
      new Random(4711).nextBytes(noise);
      hostile(noise);
      hostile("x".repeat(200_000));
      hostile("PING\n".repeat(20_000));
      hostile(hello("stranger").repeat(20));
      hostile((hello("stranger") + "NOISE token=1\n".repeat(200)));
      for (int i = 0; i < 200; i++) {
        TestingClient.connect(socket).close();
      }
      server.run(7, 0, new Times(1, 2));
      assertThat(gate.lineThatStarts("RUN")).startsWith("RUN token=7");
      assertThat(half).isNotNull();
      assertThat(silent).isNotNull();
    }
  }

  @Test
  void aFloodOfGoodLinesEndsTheConnection() throws Exception {
    try (TestingClient gate = waitingGate("worker")) {
      String flood = ("BEAT token=0 boot_ns=" + CLOCK + "\n").repeat(5_000);
      try {
        gate.send(flood);
      } catch (IOException e) {
        // Closed in the middle of it, as it should be.
      }
      assertThat(gate.rest()).contains("ERROR text=at most 500 lines a second are read");
      heard.expect("ready false");
    }
  }

  @Test
  void eachUnusableLineIsAnsweredUntilThereAreTooMany() throws Exception {
    try (TestingClient gate = waitingGate("worker");
        TestingClient noisy = TestingClient.connect(socket)) {
      noisy.send("STARTED token=1 boot_ns=1\n");
      assertThat(noisy.line()).isEqualTo("ERROR text=HELLO comes first");
      noisy.send("x".repeat(600) + "\n");
      assertThat(noisy.line()).isEqualTo("ERROR text=a line is at most 511 characters");
      noisy.send("PING \u00e9\n");
      assertThat(noisy.line()).isEqualTo("ERROR text=a line is printable ASCII");
      noisy.send(hello("worker").replace("0011", "ffff"));
      assertThat(noisy.line())
          .isEqualTo("ERROR text=another gate of container worker is connected");
      assertThat(noisy.line()).isNull();
      try (TestingClient noisier = TestingClient.connect(socket)) {
        noisier.send("WHAT\n".repeat(17));
        for (int i = 0; i < 16; i++) {
          assertThat(noisier.line()).isEqualTo("ERROR text=unknown verb");
        }
        assertThat(noisier.line())
            .isEqualTo("ERROR text=too many lines that cannot be used; the last one: unknown verb");
        assertThat(noisier.line()).isNull();
      }
      server.run(7, 0, new Times(1, 2));
      assertThat(gate.lineThatStarts("RUN")).startsWith("RUN token=7");
    }
  }

  @Test
  void whoSaysNoHelloIsToldSoAndLeftOut() throws Exception {
    try (TestingClient silent = TestingClient.connect(socket);
        TestingClient half = TestingClient.connect(socket).send("HELLO v=1 contai")) {
      assertThat(silent.line()).isEqualTo("ERROR text=HELLO did not come in time");
      assertThat(silent.line()).isNull();
      assertThat(half.line()).isEqualTo("ERROR text=HELLO did not come in time");
    }
  }

  /**
   * It was stopped, and its main runs on: were it cut off, its lease would run out beside its main.
   */
  @Test
  void h4AGateThatReadsNothingIsNotCutOffByRenewalsAndHearsTheNewest() throws Exception {
    try (TestingClient gate = waitingGate("worker")) {
      server.run(7, 0, new Times(1, 2));
      gate.lineThatStarts("RUN");
      gate.send("STARTED token=7 boot_ns=1\n");
      heard.expect("started 7");
      int renewals = 50_000; // more than the kernel's buffers take
      for (int i = 1; i <= renewals; i++) {
        server.extend(7, new Times(i, i + 1));
      }
      server.stop(7, 500); // comes after all that was sent before
      int unread = 0;
      String last = gate.line();
      for (; last.startsWith("TIMES"); last = gate.line()) {
        unread++;
      }
      assertThat(last).isEqualTo("STOP token=7 grace_ms=500");
      Times latest = new Times(Long.MAX_VALUE, Long.MAX_VALUE);
      int longest = new SidecarLine.Later(Long.MAX_VALUE, latest).text().length() + 1;
      assertThat(unread * longest + last.length())
          .as("what a gate reads at once")
          .isBetween(1, 4096);
      gate.send("BEAT token=7 boot_ns=" + CLOCK + "\n");
      assertThat(gate.line()).isEqualTo("TIMES token=7 term_ns=50000 kill_ns=50001");
      assertThat(heard.silent()).isTrue();
    }
  }

  @Test
  void whoHasWithdrawnRunsNothing() throws Exception {
    try (TestingClient gate = waitingGate("worker")) {
      server.run(7, 0, new Times(1, 2));
      gate.lineThatStarts("RUN");
      assertThat(server.withdraw()).isFalse();
      gate.send("REFUSED token=7 reason=late boot_ns=1\n");
      heard.expect("refused 7 LATE");
      server.run(7, 0, new Times(3, 4)); // Nothing has changed by the word that came too late.
      gate.lineThatStarts("RUN");
      gate.send("REFUSED token=7 reason=late boot_ns=1\n");
      heard.expect("refused 7 LATE");
      assertThat(server.withdraw()).isTrue();
      server.run(8, 0, new Times(5, 6));
      heard.expect("refused 8 STOPPING");
      server.stop(8, 0);
      assertThat(gate.line()).isEqualTo("STOP token=8 grace_ms=0"); // And no RUN before it.
    }
  }

  @Test
  void aCommandThatCannotBeExecutedIsATroubleUntilItCan() throws Exception {
    try (TestingClient gate = waitingGate("worker")) {
      server.run(7, 0, new Times(1, 2));
      gate.lineThatStarts("RUN");
      gate.send("REFUSED token=7 reason=exec boot_ns=1\n");
      heard.expect("ready false");
      heard.expect("refused 7 EXEC");
      assertThat(server.trouble()).get().asString().contains("container worker could not be");
    }
    try (TestingClient gate = TestingClient.connect(socket)) {
      gate.send(hello("worker").replace("0011", "ffff"));
      gate.lineThatStarts("PING");
      gate.send("BEAT token=0 boot_ns=" + CLOCK + "\n");
      heard.expect("ready true");
      server.run(8, 0, new Times(1, 2));
      gate.lineThatStarts("RUN");
      gate.send("STARTED token=8 boot_ns=1\n");
      heard.expect("started 8");
      assertThat(server.trouble()).isEmpty();
    }
  }

  @Test
  void crowdsOfSilentConnectionsDoNotKeepAGateOut() throws Exception {
    TestingClient[] crowd = new TestingClient[100];
    try {
      for (int i = 0; i < crowd.length; i++) {
        crowd[i] = TestingClient.connect(socket);
      }
      waitingGate("worker").close();
    } finally {
      for (TestingClient one : crowd) {
        one.close();
      }
    }
  }

  @Test
  void c5H4TheEndOfAConnectionIsNoEnd() throws Exception {
    try (TestingClient gate = waitingGate("worker")) {
      server.run(7, 0, new Times(1, 2));
      gate.lineThatStarts("RUN");
      gate.send("STARTED token=7 boot_ns=1\n");
      heard.expect("started 7");
    }
    heard.expect("gate lost");
    assertThat(server.activation().token()).isEqualTo(7);
    assertThat(heard.silent()).isTrue();
  }

  /** Sends until it is over or cut off; nothing else is asked of the server. */
  private void hostile(String text) throws IOException {
    hostile(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private void hostile(byte[] bytes) throws IOException {
    try (TestingClient client = TestingClient.connect(socket)) {
      try {
        client.send(bytes);
      } catch (IOException e) {
        assertThat(e).isNotNull(); // The server had enough.
      }
    }
  }

  private TestingClient waitingGate(String container) throws Exception {
    TestingClient gate = TestingClient.connect(socket);
    gate.send(hello(container));
    assertThat(gate.line()).isEqualTo("HELLO v=1 sidecar=1 lock=a/b boot_ns=" + CLOCK);
    assertThat(gate.line()).isEqualTo("PING");
    gate.send("BEAT token=0 boot_ns=" + CLOCK + "\n");
    heard.expect("ready true");
    return gate;
  }

  private static String hello(String container) {
    return "HELLO v=1 container="
        + container
        + " instance=0011223344556677 state=waiting token=0 stopped=0 boot_ns="
        + CLOCK
        + "\n";
  }

  private GateServer server(int number) {
    GateServer.Config config =
        new GateServer.Config(
            number, "a/b", List.of("worker"), 3000, RestartPolicy.ALWAYS, () -> CLOCK, shown::set);
    return new GateServer(config, heard, loops.next());
  }
}
