package dev.lockclaim.lock.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import javax.net.ssl.SSLException;

/**
 * One member of etcd, by a client of its own: a request goes to the member that it is meant for.
 * After a failure the client is made anew, since gRPC's back-off between connects would eat an
 * outage's tolerance, and since certificates and tokens may have changed. Safe for use by many
 * threads.
 */
final class Member implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

  // etcd refuses pings that come faster than every 5 s.
  private static final Duration PING = Duration.ofSeconds(10);
  private static final Duration PING_TIMEOUT = Duration.ofSeconds(2);

  private final URI endpoint;
  private final EtcdFolder folder;
  private final ExecutorService executor;
  private final boolean waitForConnection;
  private Client client;
  private boolean closed;

  Member(URI endpoint, EtcdFolder folder, ExecutorService executor, boolean waitForConnection) {
    this.endpoint = endpoint;
    this.folder = folder;
    this.executor = executor;
    this.waitForConnection = waitForConnection;
  }

  URI endpoint() {
    return endpoint;
  }

  synchronized Client client() throws IOException {
    if (closed) {
      throw new IOException("the connection to etcd is closed");
    }
    if (client == null) {
      client = open();
    }
    return client;
  }

  /** Drops a client that failed; a newer one is left alone. */
  void failed(Client failed) {
    synchronized (this) {
      if (!failed.equals(client)) {
        return;
      }
      client = null;
    }
    failed.close();
  }

  /** One loop is enough; a client ends its loops when it is closed, so each has its own. */
  private static Vertx loops() {
    return Vertx.vertx(
        new VertxOptions()
            .setEventLoopPoolSize(1)
            .setWorkerPoolSize(1)
            .setInternalBlockingPoolSize(1));
  }

  private Client open() throws IOException {
    ClientBuilder builder =
        Client.builder()
            .endpoints(endpoint)
            .vertx(loops())
            .executorService(executor)
            .waitForReady(waitForConnection)
            .connectTimeout(CONNECT_TIMEOUT)
            .keepaliveTime(PING)
            .keepaliveTimeout(PING_TIMEOUT)
            .keepaliveWithoutCalls(true)
            // Retries are the lock's own to make: only it knows what an unknown outcome means.
            .retryMaxAttempts(1);
    Optional<String> user = folder.text("username");
    if (user.isPresent()) {
      builder.user(bytes(user.get())).password(bytes(folder.text("password").orElse("")));
    }
    if ("https".equals(endpoint.getScheme())) {
      useTls(builder);
    }
    return builder.build();
  }

  private void useTls(ClientBuilder builder) throws IOException {
    Optional<Path> ca = folder.file("ca.crt");
    Optional<Path> certificate = folder.clientCertificate();
    builder.authority(endpoint.getHost() + ":" + endpoint.getPort());
    try {
      builder.sslContext(
          ssl -> {
            ca.ifPresent(file -> ssl.trustManager(file.toFile()));
            certificate.ifPresent(
                file -> ssl.keyManager(file.toFile(), file.resolveSibling("tls.key").toFile()));
          });
    } catch (SSLException | IllegalArgumentException e) {
      throw new IOException(
          "the TLS files in "
              + folder.folder()
              + " are not what they should be ("
              + e.getMessage()
              + "); check ca.crt, tls.crt and tls.key",
          e);
    }
  }

  @Override
  public void close() {
    Client last;
    synchronized (this) {
      closed = true;
      last = client;
      client = null;
    }
    if (last != null) {
      last.close();
    }
  }

  static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }
}
