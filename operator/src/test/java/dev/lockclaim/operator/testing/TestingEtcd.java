package dev.lockclaim.operator.testing;

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
import java.util.List;

/** A real etcd of one member, empty at the start. */
public final class TestingEtcd implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

  private final Path folder;
  private final String url;
  private final String tool;
  private TestingProcess process;

  private TestingEtcd(String tool) {
    try {
      folder = Files.createTempDirectory("lockclaim-etcd-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.tool = tool;
    url = "http://127.0.0.1:" + TestingProcess.freePort();
    resume();
  }

  /** Starts the etcd that Lockclaim is built against. */
  public static TestingEtcd start() {
    return new TestingEtcd("etcd");
  }

  /** Starts one that is too old. */
  public static TestingEtcd startTooOld() {
    return new TestingEtcd("etcd-3.5.12");
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
    process =
        TestingProcess.start(
            tool,
            List.of(
                "--name=test",
                "--data-dir=" + folder.resolve("data"),
                "--listen-client-urls=" + url,
                "--advertise-client-urls=" + url,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=test=" + peer,
                "--unsafe-no-fsync"),
            folder,
            () -> ok(url + "/health"));
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
