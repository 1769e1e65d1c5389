package dev.lockclaim.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sidecars as processes, with real gates and a real etcd: pods without a kubelet. */
@Timeout(180)
class SidecarTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Pattern TOKEN = Pattern.compile("\"token\":\"(\\d+)\",\"valid");

  private static final Pattern VALID = Pattern.compile("\"validForMillis\":(\\d+)");

  @TempDir private Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private TestingEtcd etcd;
  private Path etcdDir;

  @BeforeEach
  void startEtcd() throws Exception {
    etcd = new TestingEtcd(folder, "etcd");
    etcdDir = Files.createDirectory(folder.resolve("etcd-dir"));
    Files.writeString(etcdDir.resolve("endpoints"), etcd.url());
    Files.writeString(etcdDir.resolve("prefix"), "/lockclaim");
    putSettings();
  }

  @AfterEach
  void stopAll() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    etcd.close();
  }

  @Test
  void l12TheNextSidecarTakesUpWhatTheFirstStarted() throws Exception {
    Pod pod = new Pod("a");
    pod.startMain();
    pod.awaitState("active");
    String token = pod.token();
    assertThat(pod.volume.resolve("token")).hasContent(token);
    String main = Files.readString(pod.volume.resolve("main"));
    pod.sidecar.process().destroyForcibly();
    pod.sidecar.process().waitFor();
    pod.startSidecar();
    pod.awaitState("active");
    assertThat(pod.token()).isEqualTo(token);
    // SIGTERM says no more about main than SIGKILL.
    pod.sidecar.process().destroy();
    assertThat(pod.sidecar.status()).isZero();
    pod.startSidecar();
    pod.awaitState("active");
    assertThat(pod.token()).isEqualTo(token);
    assertThat(pod.volume.resolve("main")).hasContent(main.strip());
    assertThat(pod.get("/readyz")).startsWith("HTTP/1.1 200");
    assertThat(pod.get("/livez")).startsWith("HTTP/1.1 200");
    assertThat(pod.get("/probe/worker/liveness")).startsWith("HTTP/1.1 200");
    assertThat(pod.get("/metrics"))
        .contains("lockclaim_lock_held{namespace=\"ns\",lockclaim=\"demo\"} 1");
  }

  @Test
  void yieldsToTheNextInLine() throws Exception {
    Pod a = new Pod("a");
    a.startMain();
    a.awaitState("active");
    assertThat(a.post("/v1/yield")).startsWith("HTTP/1.1 409");
    Pod b = new Pod("b");
    b.startMain();
    b.awaitState("waiting");
    await().atMost(LONG).until(() -> b.state().contains("\"position\":1"));
    assertThat(b.get("/readyz")).startsWith("HTTP/1.1 200");
    assertThat(b.post("/v1/yield")).startsWith("HTTP/1.1 409");
    long token = Long.parseLong(a.token());
    await().atMost(LONG).until(() -> a.state().contains("\"candidates\":1"));
    assertThat(a.post("/v1/yield")).startsWith("HTTP/1.1 202");
    b.awaitState("active");
    assertThat(Long.parseLong(b.token())).isGreaterThan(token);
    a.awaitState("waiting");
    assertThat(a.volume.resolve("token")).isEmptyFile();
  }

  @Test
  void mainThatEndsPassesTheLockOn() throws Exception {
    Pod a = new Pod("a");
    a.startMain();
    a.awaitState("active");
    Pod b = new Pod("b");
    b.startMain();
    await().atMost(LONG).until(() -> b.state().contains("\"position\":1"));
    a.gate.destroy(); // As the kubelet does when the pod is deleted.
    b.awaitState("active");
    assertThat(a.gate.waitFor(30, TimeUnit.SECONDS)).isTrue();
    a.sidecar.process().destroy();
    assertThat(a.sidecar.status()).isZero();
  }

  @Test
  void isStartedAndReadyWhileEtcdIsAway() throws Exception {
    etcd.stop();
    Pod pod = new Pod("a");
    pod.startMain();
    pod.awaitState("connecting");
    assertThat(pod.get("/startupz")).startsWith("HTTP/1.1 200");
    assertThat(pod.get("/readyz")).startsWith("HTTP/1.1 200");
    assertThat(pod.get("/livez")).startsWith("HTTP/1.1 200");
    await().atMost(LONG).until(() -> !pod.state().contains("\"reason\":\"\""));
    etcd.start();
    pod.awaitState("active");
  }

  @Test
  void noCrowdOnAnySocketHarmsWhatRuns() throws Exception {
    Pod pod = new Pod("a");
    pod.startMain();
    pod.awaitState("active");
    String token = pod.token();
    byte[] noise = new byte[30_000];
    new Random(4711).nextBytes(noise);
    byte[][] words = {
      new byte[0],
      noise,
      "GET /v1/state HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII),
      "GET /v1/events HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
      ("GET / HTTP/1.1\r\nX: " + "y".repeat(100_000)).getBytes(StandardCharsets.US_ASCII),
      "GET /probe/worker/liveness HTTP/1.1\r\n\r\n".repeat(50).getBytes(StandardCharsets.US_ASCII),
      "HELLO v=1 container=worker".getBytes(StandardCharsets.US_ASCII),
      ("HELLO v=1 container=worker instance=00000000000000ff state=waiting token=0 stopped=0"
              + " boot_ns=1\n")
          .getBytes(StandardCharsets.US_ASCII),
      "BEAT token=1 boot_ns=1\n".repeat(2_000).getBytes(StandardCharsets.US_ASCII),
    };
    List<TestingClient> crowd = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) {
        TestingClient client =
            switch (i % 3) {
              case 0 -> TestingClient.connect(pod.volume.resolve("lock.sock"));
              case 1 -> TestingClient.connect(pod.volume.resolve("gate.sock"));
              default -> TestingClient.connect(pod.port);
            };
        crowd.add(client);
        byte[] word = words[i / 3 % words.length];
        Thread.ofVirtual().start(() -> sendWhatIsTaken(client, word));
        if (i % 50 == 0) {
          assertThat(pod.get("/livez")).startsWith("HTTP/1.1 200");
          assertThat(pod.state()).contains("\"state\":\"active\"");
        }
      }
      assertThat(pod.get("/probe/worker/liveness")).startsWith("HTTP/1.1 200");
      long left = pod.validForMillis();
      await().atMost(LONG).until(() -> pod.validForMillis() > left); // Renewed meanwhile.
    } finally {
      for (TestingClient client : crowd) {
        client.close();
      }
    }
    assertThat(pod.token()).isEqualTo(token);
    assertThat(Files.readAllLines(pod.volume.resolve("main"))).hasSize(1);
    pod.gate.destroy();
    assertThat(pod.gate.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  private static void sendWhatIsTaken(TestingClient client, byte[] bytes) {
    try {
      client.send(bytes);
    } catch (IOException e) {
      assertThat(e).isNotNull(); // The sidecar has had enough of it.
    }
  }

  @Test
  void saysWhatIsWrongInOneLine() throws Exception {
    TestingProgram wrong =
        TestingProgram.start(folder, Map.of("LOCKCLAIM_NAMESPACE", "ns"), "sidecar");
    opened.add(wrong);
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.output().lines())
        .singleElement()
        .asString()
        .contains("LOCKCLAIM_NAME is not set");
    TestingProgram unknown = TestingProgram.start(folder, Map.of(), "sidecars");
    opened.add(unknown);
    assertThat(unknown.status()).isEqualTo(2);
    assertThat(unknown.output().lines()).hasSize(1);
    TestingProgram version = TestingProgram.start(folder, Map.of(), "version");
    opened.add(version);
    assertThat(version.status()).isZero();
    assertThat(version.output().strip()).isEqualTo(Version.TEXT);
  }

  /** A pod without a kubelet. */
  private final class Pod {
    private final String name;
    private final Path volume;
    private final int port = TestingEtcd.freePort();
    private TestingProgram sidecar;
    private Process gate;

    Pod(String name) throws IOException {
      this.name = name;
      this.volume = Files.createDirectory(folder.resolve("volume-" + name));
      startSidecar();
    }

    void startSidecar() throws IOException {
      Map<String, String> environment = new HashMap<>();
      environment.put("LOCKCLAIM_NAMESPACE", "ns");
      environment.put("LOCKCLAIM_NAME", "demo");
      environment.put("LOCKCLAIM_POD_NAME", "pod-" + name);
      environment.put("LOCKCLAIM_POD_UID", "uid-" + name);
      environment.put("LOCKCLAIM_CONTAINERS", "worker");
      environment.put("LOCKCLAIM_ETCD_DIR", etcdDir.toString());
      environment.put("LOCKCLAIM_VOLUME", volume.toString());
      environment.put("LOCKCLAIM_HTTP_PORT", Integer.toString(port));
      sidecar = TestingProgram.start(folder, environment, "sidecar");
      opened.add(sidecar);
      await()
          .atMost(LONG)
          .until(
              () ->
                  sidecar.output().contains("started for ns/demo") || !sidecar.process().isAlive());
      assertThat(sidecar.process().isAlive()).as(sidecar.output()).isTrue();
    }

    void startMain() throws IOException {
      gate =
          new ProcessBuilder(
                  volume.resolve("gate").toString(),
                  "run",
                  "--container=worker",
                  "--socket=" + volume.resolve("gate.sock"),
                  "--new-namespace",
                  "--",
                  "sh",
                  "-c",
                  "echo start >>" + volume.resolve("main") + "; exec sleep 1000")
              .inheritIO()
              .start();
      opened.add(
          () -> {
            gate.destroy();
            if (!gate.waitFor(20, TimeUnit.SECONDS)) {
              gate.destroyForcibly();
            }
          });
    }

    void awaitState(String state) {
      await()
          .atMost(LONG)
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(this::state, shown -> shown.contains("\"state\":\"" + state + "\""));
    }

    String token() throws IOException {
      Matcher matcher = TOKEN.matcher(state());
      assertThat(matcher.find()).as(state()).isTrue();
      return matcher.group(1);
    }

    long validForMillis() throws IOException {
      Matcher matcher = VALID.matcher(state());
      assertThat(matcher.find()).isTrue();
      return Long.parseLong(matcher.group(1));
    }

    String state() throws IOException {
      return ask(TestingClient.connect(volume.resolve("lock.sock")), "GET", "/v1/state");
    }

    String post(String path) throws IOException {
      return ask(TestingClient.connect(volume.resolve("lock.sock")), "POST", path);
    }

    String get(String path) throws IOException {
      return ask(TestingClient.connect(port), "GET", path);
    }

    private String ask(TestingClient connected, String method, String path) throws IOException {
      try (TestingClient client = connected) {
        return client
            .send(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .rest();
      }
    }
  }

  /** What the operator would write. */
  private void putSettings() throws Exception {
    Matcher cluster =
        Pattern.compile("\"cluster_id\":(\\d+)")
            .matcher(etcd.ctl("endpoint", "status", "--write-out=json"));
    assertThat(cluster.find()).isTrue();
    etcd.ctl(
        "put",
        "/lockclaim/ns/demo/settings",
        "{\"v\":1,\"slots\":1,\"delaySeconds\":0,\"prefer\":\"FirstInLine\",\"newestRevision\":\"\",\"suspend\":false,\"epoch\":0,\"clusterId\":\"%016x\"}"
            .formatted(Long.parseUnsignedLong(cluster.group(1))));
  }
}
