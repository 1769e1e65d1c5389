package dev.lockclaim.operator.testing;

import dev.lockclaim.operator.certificates.TestingAuthority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
  private final boolean tls;
  private TestingProcess process;

  private TestingEtcd(String tool, Optional<TestingAuthority> tls) {
    try {
      folder = Files.createTempDirectory("lockclaim-etcd-");
      if (tls.isPresent()) {
        tls.get().writeTo(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.tool = tool;
    this.tls = tls.isPresent();
    url = (this.tls ? "https://localhost:" : "http://127.0.0.1:") + TestingProcess.freePort();
    resume();
  }

  /** Starts the etcd that Lockclaim is built against. */
  public static TestingEtcd start() {
    return new TestingEtcd("etcd", Optional.empty());
  }

  /** Starts one that speaks TLS only. */
  public static TestingEtcd startWithTls(TestingAuthority authority) {
    return new TestingEtcd("etcd", Optional.of(authority));
  }

  /** Starts one that is too old. */
  public static TestingEtcd startTooOld() {
    return new TestingEtcd("etcd-3.5.12", Optional.empty());
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
