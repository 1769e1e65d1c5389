package dev.lockclaim.sidecar.gates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.sidecar.TestingMainListener;
import dev.lockclaim.sidecar.TestingTools;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server with the real gate, which makes a PID namespace of its own and runs real commands. */
@Timeout(120)
class RealGateTest {
  @TempDir private Path folder;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final AtomicLong shown = new AtomicLong(-1);
  private TestingMainListener heard = new TestingMainListener();
  private GateServer server;
  private Process gate;

  @BeforeEach
  void listen() throws IOException {
    server = server(1);
    server.listen(folder.resolve("gate.sock"));
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (gate != null) {
      gate.destroy();
      if (!gate.waitFor(20, TimeUnit.SECONDS)) {
        gate.destroyForcibly();
      }
    }
    server.close();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void runsStopsAndRunsAgain() throws Exception {
    Path output = folder.resolve("output");
    start(
        "sh",
        "-c",
        "echo $LOCKCLAIM_TOKEN $LOCKCLAIM_LOCK $LOCKCLAIM_SLOT >>" + output + "; exec sleep 1000");
    heard.expect("ready true");
    server.run(7, 2, inSeconds(100));
    heard.expect("started 7");
    await().until(() -> Files.exists(output) && Files.readString(output).equals("7 a/b 2\n"));
    server.stop(7, 5000);
    heard.expect("ended 7 143 asked");
    server.run(7, 2, inSeconds(100));
    heard.expect("refused 7 STALE");
    server.run(8, 2, inSeconds(100));
    heard.expect("started 8");
  }

  @Test
  void c14L1ATimeThatHasPassedIsTooLate() throws Exception {
    start("sleep", "1000");
    heard.expect("ready true");
    server.run(7, 0, inSeconds(-1));
    heard.expect("refused 7 LATE");
    server.run(7, 0, inSeconds(100));
    heard.expect("started 7");
  }

  @Test
  void c1H1TheGateStopsMainAtItsDeadlineAlone() throws Exception {
    start("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done");
    heard.expect("ready true");
    long term = bootNanos() + TimeUnit.MILLISECONDS.toNanos(500);
    server.run(7, 0, new Times(term, term + TimeUnit.MILLISECONDS.toNanos(500)));
    heard.expect("started 7");
    heard.expect("stopping 7");
    heard.expect("ended 7 137 asked");
  }

  @Test
  void mainThatEndsByItselfEndsTheGateWithItsStatus() throws Exception {
    start("sh", "-c", "exit 3");
    heard.expect("ready true");
    server.run(7, 0, inSeconds(100));
    assertThat(gate.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(gate.exitValue()).isEqualTo(3);
    String word = heard.next();
    for (; !word.startsWith("ended"); word = heard.next()) {
      assertThat(word).isIn("started 7", "stopping 7", "ready false");
    }
    assertThat(word).isEqualTo("ended 7 3 unasked");
  }

  @Test
  void aCommandThatDoesNotExistHasNotRun() throws Exception {
    start("/no/such/command");
    heard.expect("ready true");
    server.run(7, 0, inSeconds(100));
    heard.expect("ready false");
    heard.expect("refused 7 EXEC");
    assertThat(gate.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(gate.exitValue()).isEqualTo(127);
  }

  @Test
  void l12ANewSidecarTakesUpWhatRuns() throws Exception {
    start("sleep", "1000");
    heard.expect("ready true");
    server.run(7, 0, inSeconds(100));
    heard.expect("started 7");
    server.close();
    heard = new TestingMainListener();
    server = server(2);
    server.listen(folder.resolve("gate.sock"));
    heard.expect("started 7");
    await().until(() -> server.activation().up().contains("worker"));
    server.stop(7, 5000);
    heard.expect("ready true");
    heard.expect("ended 7 143 asked");
  }

  private void start(String... command) throws IOException {
    List<String> all = new ArrayList<>();
    all.add(TestingTools.gate().toString());
    all.addAll(
        List.of(
            "run",
            "--container=worker",
            "--socket=" + folder.resolve("gate.sock"),
            "--new-namespace",
            "--"));
    all.addAll(List.of(command));
    gate = new ProcessBuilder(all).inheritIO().start();
  }

  private GateServer server(int number) {
    GateServer.Config config =
        new GateServer.Config(
            number,
            "a/b",
            List.of("worker"),
            3000,
            RestartPolicy.ALWAYS,
            RealGateTest::bootNanos,
            shown::set);
    return new GateServer(config, heard, loops.next());
  }

  private static Times inSeconds(int seconds) {
    long term = bootNanos() + TimeUnit.SECONDS.toNanos(seconds);
    return new Times(term, term + TimeUnit.SECONDS.toNanos(3));
  }

  private static long bootNanos() {
    try {
      String uptime = Files.readString(Path.of("/proc/uptime"));
      return Long.parseLong(uptime.substring(0, uptime.indexOf(' ')).replace(".", "")) * 10_000_000;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
