package dev.lockclaim.sidecar;

import java.io.IOException;
import java.net.BindException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A real etcd of one member, on free ports, that ends with the test. */
public final class TestingEtcd implements AutoCloseable {
  private static final long CTL_SECONDS = 60;
  private static final long LOOK_NANOS = 5_000_000;
  private static final int HEALTH_MILLIS = 2_000;

  /** Below are those of well-known services. */
  private static final int LEAST_PORT = 12_000;

  /**
   * From here on are node ports of Kubernetes, and from 32768 on those that the kernel gives away.
   */
  private static final int END_OF_PORTS = 30_000;

  private final List<String> command;
  private final List<String> ctlOptions = new ArrayList<>();
  private final Path log;
  private final int port;
  private final String scheme;
  private final String health;
  private Process process;

  public TestingEtcd(Path folder, String program) throws IOException {
    this(folder, program, "http", List.of());
  }

  private TestingEtcd(Path folder, String program, String scheme, List<String> options)
      throws IOException {
    this.scheme = scheme;
    port = freePort();
    log = folder.resolve("etcd.log");
    String peer = "http://127.0.0.1:" + freePort();
    health = "http://127.0.0.1:" + freePort();
    command =
        new ArrayList<>(
            List.of(
                TestingTools.tool(program).toString(),
                "--data-dir=" + folder.resolve("etcd"),
                "--listen-client-urls=" + url(),
                "--advertise-client-urls=" + url(),
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=default=" + peer,
                "--listen-metrics-urls=" + health,
                "--unsafe-no-fsync=true"));
    command.addAll(options);
    start();
  }

  /**
   * With mutual TLS. The files may be replaced before it is started again.
   *
   * @param tls a folder with ca.crt, server.crt, server.key, client.crt and client.key
   */
  public static TestingEtcd withTls(Path folder, Path tls) throws IOException {
    TestingEtcd etcd =
        new TestingEtcd(
            folder,
            "etcd",
            "https",
            List.of(
                "--trusted-ca-file=" + tls.resolve("ca.crt"),
                "--cert-file=" + tls.resolve("server.crt"),
                "--key-file=" + tls.resolve("server.key"),
                "--client-cert-auth=true"));
    etcd.ctlOptions.addAll(
        List.of(
            "--cacert=" + tls.resolve("ca.crt"),
            "--cert=" + tls.resolve("client.crt"),
            "--key=" + tls.resolve("client.key")));
    return etcd;
  }

  /** Demands users from now on: root, and {@code user} for the keys below {@code prefix}. */
  public void enableUsers(String user, String password, String prefix)
      throws IOException, InterruptedException {
    ctl("user", "add", "root:root");
    ctl("user", "grant-role", "root", "root");
    ctl("role", "add", user);
    ctl("role", "grant-permission", user, "--prefix=true", "readwrite", prefix);
    ctl("user", "add", user + ":" + password);
    ctl("user", "grant-role", user, user);
    ctl("auth", "enable");
    ctlOptions.add("--user=root:root");
  }

  public String url() {
    return scheme + "://127.0.0.1:" + port;
  }

  /** Starts it, again after {@link #stop}, with the same data; returns when it answers. */
  public void start() throws IOException {
    process =
        new ProcessBuilder(new ArrayList<>(command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    while (!answers()) {
      if (!process.isAlive()) {
        throw new IOException("etcd did not start: " + Files.readString(log));
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  public void stop() {
    process.destroyForcibly();
    try {
      process.waitFor(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stands still until {@link #resume}: it takes connections and answers nothing. */
  public void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  public void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    List<String> kill = List.of("kill", "-" + name, Long.toString(process.pid()));
    if (new ProcessBuilder(kill).start().waitFor() != 0) {
      throw new IOException("etcd is not there any more: see " + log);
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** Runs etcdctl and gives its output. */
  public String ctl(String... arguments) throws IOException, InterruptedException {
    List<String> ctl = new ArrayList<>();
    ctl.add(TestingTools.tool("etcdctl").toString());
    ctl.add("--endpoints=" + url());
    ctl.addAll(ctlOptions);
    ctl.addAll(List.of(arguments));
    Process running = new ProcessBuilder(ctl).redirectErrorStream(true).start();
    // Commands on users have no deadline: they wait for ever for an etcd that is not there.
    CompletableFuture.delayedExecutor(CTL_SECONDS, TimeUnit.SECONDS)
        .execute(running::destroyForcibly);
    String output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (running.waitFor() != 0) {
      throw new IOException("etcdctl failed: " + output);
    }
    return output;
  }

  /**
   * A port that nobody listens on. None of those that the kernel gives to whoever asks for any:
   * such a one may be somebody else's between this and its use, or between a stop and a start.
   */
  public static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(LEAST_PORT, END_OF_PORTS);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException taken) {
        // another one
      }
    }
  }

  /** Its own word, over a port without TLS or users; a port that accepts says little. */
  private boolean answers() {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(health + "/health").toURL().openConnection();
      connection.setReadTimeout(HEALTH_MILLIS);
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } catch (IOException notYet) {
      return false;
    }
  }
}
