package dev.lockclaim.operator.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A real etcd of one member, empty at the start. */
public final class TestingEtcd implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

  private final Path folder;
  private final String url;
  private final String tool;
  private final List<String> options;
  private boolean tls;
  private boolean clientCertificates;
  private TestingProcess process;

  private TestingEtcd(String tool, boolean tls, String... options) {
    try {
      folder = Files.createTempDirectory("lockclaim-etcd-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.tool = tool;
    this.options = List.of(options);
    url = (tls ? "https://localhost:" : "http://127.0.0.1:") + TestingProcess.freePort();
  }

  /** Starts the etcd that Lockclaim is built against. */
  public static TestingEtcd start(String... options) {
    TestingEtcd etcd = new TestingEtcd("etcd", false, options);
    etcd.resume();
    return etcd;
  }

  /** Starts one that speaks TLS only. */
  public static TestingEtcd startWithTls(TestingAuthority authority) {
    TestingEtcd etcd = new TestingEtcd("etcd", true);
    etcd.certify(authority, Optional.empty());
    etcd.resume();
    return etcd;
  }

  /** Starts one that speaks TLS only, with clients that show a certificate. */
  public static TestingEtcd startWithMutualTls(
      TestingAuthority authority, TestingAuthority clients) {
    TestingEtcd etcd = new TestingEtcd("etcd", true);
    etcd.certify(authority, Optional.of(clients));
    etcd.resume();
    return etcd;
  }

  /** Starts one that is too old. */
  public static TestingEtcd startTooOld() {
    TestingEtcd etcd = new TestingEtcd("etcd-3.5.12", false);
    etcd.resume();
    return etcd;
  }

  /**
   * Gives it a new certificate; etcd reads it for each connection, the clients' authority at its
   * start.
   */
  public void certify(TestingAuthority authority, Optional<TestingAuthority> clients) {
    TestingAuthority.Pair pair = authority.server();
    try {
      Files.writeString(folder.resolve("server.crt"), pair.certificate());
      Files.writeString(folder.resolve("server.key"), pair.key());
      if (clients.isPresent()) {
        Files.writeString(folder.resolve("clients.crt"), clients.get().certificate());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    tls = true;
    clientCertificates = clients.isPresent();
  }

  /** From now on it asks for a user; there is root, with this password. */
  public void enableAuth(String rootPassword) {
    control("user", "add", "root:" + rootPassword);
    control("role", "add", "root");
    control("user", "grant-role", "root", "root");
    control("auth", "enable");
  }

  /** Adds a user without any rights. */
  public void addUser(String rootPassword, String name, String password) {
    control("--user=root:" + rootPassword, "user", "add", name + ":" + password);
  }

  private void control(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("lockclaim.bin"), "etcdctl").toString());
    command.add("--endpoints=" + url);
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", arguments) + ": " + output);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** For clients. */
  public String url() {
    return url;
  }

  /** Kills it, keeping its data. */
  public void stop() {
    process.close();
  }

  /** Starts it again after {@link #stop}. */
  public void resume() {
    String peer = "http://127.0.0.1:" + TestingProcess.freePort();
    String health = "http://127.0.0.1:" + TestingProcess.freePort();
    List<String> arguments = new ArrayList<>();
    arguments.add("--name=test");
    arguments.add("--data-dir=" + folder.resolve("data"));
    arguments.add("--listen-client-urls=" + url.replace("localhost", "127.0.0.1"));
    arguments.add("--advertise-client-urls=" + url);
    arguments.add("--listen-metrics-urls=" + health);
    arguments.add("--listen-peer-urls=" + peer);
    arguments.add("--initial-advertise-peer-urls=" + peer);
    arguments.add("--initial-cluster=test=" + peer);
    arguments.add("--unsafe-no-fsync");
    if (tls) {
      arguments.add("--cert-file=" + folder.resolve("server.crt"));
      arguments.add("--key-file=" + folder.resolve("server.key"));
    }
    if (clientCertificates) {
      arguments.add("--client-cert-auth");
      arguments.add("--trusted-ca-file=" + folder.resolve("clients.crt"));
    }
    arguments.addAll(options);
    process = TestingProcess.start(tool, arguments, folder, () -> ok(health + "/health"));
  }

  /** Forgets everything: what comes back is another cluster. */
  public void replaceByEmptyOne() {
    stop();
    deleteTree(folder.resolve("data"));
    resume();
  }

  @Override
  public void close() {
    stop();
    deleteTree(folder);
  }

  static boolean ok(String url) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(2)).build();
      return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static void deleteTree(Path root) {
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException e)
                throws IOException {
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
