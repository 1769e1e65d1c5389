package dev.lockclaim.operator.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.WatchOption;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * A connection to etcd with a deadline on every call and every failure turned into an {@link
 * EtcdProblem} that says what to do. Safe for use by many threads.
 */
final class EtcdConnection implements AutoCloseable {
  // The operator is not in the path of any lock: it may wait longer than a sidecar, but not so long
  // that a reconcile hangs.
  private static final Duration DEADLINE = Duration.ofSeconds(3);

  // Below these an etcd leader that was slow could revoke every lease.
  private static final int[] OLDEST = {3, 5, 13};

  private final Client client;
  private final EtcdFolder folder;

  private EtcdConnection(Client client, EtcdFolder folder) {
    this.client = client;
    this.folder = folder;
  }

  static EtcdConnection open(EtcdFolder folder) throws EtcdProblem {
    try {
      List<URI> endpoints = new ArrayList<>();
      for (String url : folder.endpoints()) {
        URI endpoint = new URI(url);
        if (endpoint.getHost() == null
            || endpoint.getPort() < 0
            || !List.of("http", "https").contains(String.valueOf(endpoint.getScheme()))) {
          throw new URISyntaxException(url, "an etcd endpoint looks like https://host:2379");
        }
        endpoints.add(endpoint);
      }
      ClientBuilder builder =
          Client.builder()
              .endpoints(endpoints)
              .waitForReady(false)
              .connectTimeout(DEADLINE)
              .keepaliveTime(Duration.ofSeconds(10))
              .keepaliveTimeout(Duration.ofSeconds(5))
              .keepaliveWithoutCalls(true)
              .retryMaxAttempts(1);
      if (endpoints.getFirst().getScheme().equals("https")) {
        builder.sslContext(
            ssl -> {
              folder.file("ca.crt").ifPresent(pem -> ssl.trustManager(stream(pem)));
              folder
                  .file("tls.crt")
                  .ifPresent(
                      pem ->
                          ssl.keyManager(
                              stream(pem), stream(folder.file("tls.key").orElseThrow())));
            });
      }
      folder.file("username").ifPresent(user -> builder.user(bytes(user)));
      folder.file("password").ifPresent(password -> builder.password(bytes(password)));
      return new EtcdConnection(builder.build(), folder);
    } catch (URISyntaxException e) {
      throw new EtcdProblem(
          "EtcdMisconfigured",
          "The etcd endpoint " + e.getInput() + " is not one: " + e.getReason() + ".",
          e);
    } catch (SSLException | IllegalArgumentException e) {
      throw new EtcdProblem(
          "EtcdMisconfigured",
          "The TLS files for etcd cannot be used: "
              + e.getMessage()
              + "; check ca.crt, tls.crt and tls.key.",
          e);
    }
  }

  EtcdFolder folder() {
    return folder;
  }

  /** The version of the oldest member that answers. */
  String version() throws EtcdProblem {
    EtcdProblem last = null;
    String oldest = null;
    for (String endpoint : folder.endpoints()) {
      try {
        String version = await(client.getMaintenanceClient().statusMember(endpoint)).getVersion();
        if (oldest == null || compare(parse(version), parse(oldest)) < 0) {
          oldest = version;
        }
      } catch (EtcdProblem e) {
        last = e;
      }
    }
    if (oldest == null) {
      throw last;
    }
    if (compare(parse(oldest), OLDEST) < 0) {
      throw new EtcdProblem(
          "EtcdTooOld",
          "etcd "
              + oldest
              + " is too old: below 3.5.13 a slow leader may end leases that are being renewed; upgrade to 3.5.23, 3.6.5 or later.");
    }
    return oldest;
  }

  GetResponse getPrefix() throws EtcdProblem {
    return await(
        kv().get(bytes(folder.prefix() + "/"), GetOption.builder().isPrefix(true).build()));
  }

  /**
   * A linearizable read of next to nothing: proves that a majority answers, and tells cluster id
   * and revision.
   */
  GetResponse ping() throws EtcdProblem {
    return await(
        kv().get(bytes(folder.prefix() + "/"), GetOption.builder().withCountOnly(true).build()));
  }

  static String clusterId(GetResponse response) {
    return "%016x".formatted(response.getHeader().getClusterId());
  }

  Watch.Watcher watchPrefix(long fromRevision, Watch.Listener listener) {
    return client
        .getWatchClient()
        .watch(
            bytes(folder.prefix() + "/"),
            WatchOption.builder()
                .isPrefix(true)
                .withRevision(fromRevision)
                .withRequireLeader(true)
                .build(),
            listener);
  }

  /**
   * Carries out the operations if the key has this mod_revision (0: is absent); false if it has
   * not.
   */
  boolean transact(String keyBelowPrefix, long modRevision, List<Op> operations)
      throws EtcdProblem {
    Cmp unchanged = new Cmp(key(keyBelowPrefix), Cmp.Op.EQUAL, CmpTarget.modRevision(modRevision));
    TxnResponse response =
        await(kv().txn().If(unchanged).Then(operations.toArray(Op[]::new)).commit());
    return response.isSucceeded();
  }

  EtcdUsers users() {
    return new EtcdUsers(client.getAuthClient(), folder.prefix());
  }

  ByteSequence key(String keyBelowPrefix) {
    return bytes(folder.prefix() + "/" + keyBelowPrefix);
  }

  /** What follows the prefix; empty for a key that is not below it. */
  Optional<String> belowPrefix(KeyValue keyValue) {
    String key = keyValue.getKey().toString(StandardCharsets.UTF_8);
    String start = folder.prefix() + "/";
    return key.startsWith(start) ? Optional.of(key.substring(start.length())) : Optional.empty();
  }

  @Override
  public void close() {
    client.close();
  }

  static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  static <T> T await(CompletableFuture<T> call) throws EtcdProblem {
    try {
      return call.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw problem(e.getCause());
    } catch (TimeoutException e) {
      call.cancel(true);
      throw new EtcdProblem(
          "EtcdUnreachable",
          "etcd did not answer within "
              + DEADLINE.toSeconds()
              + " s: check that a majority of its members runs.",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EtcdProblem("EtcdUnreachable", "The operator is stopping.", e);
    }
  }

  /** By the words of etcd where its codes are too coarse. */
  private static EtcdProblem problem(Throwable cause) {
    String text = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    Status.Code code = Status.fromThrowable(cause).getCode();
    if (code == Status.Code.UNAUTHENTICATED
        || text.contains("authentication failed")
        || text.contains("invalid auth token")
        || text.contains("user name is empty")) {
      return new EtcdProblem(
          "EtcdUnauthorized",
          "etcd refuses the user or password of the operator: correct the operator's etcd Secret ("
              + text
              + ").",
          cause);
    }
    if (code == Status.Code.PERMISSION_DENIED || text.contains("permission denied")) {
      return new EtcdProblem(
          "EtcdUnauthorized",
          "etcd lets the operator's user do too little: give it the role root (" + text + ").",
          cause);
    }
    for (Throwable deeper = cause; deeper != null; deeper = deeper.getCause()) {
      if (deeper instanceof SSLException || deeper instanceof GeneralSecurityException) {
        return new EtcdProblem(
            "EtcdUntrusted",
            "The TLS connection to etcd fails: check ca.crt, tls.crt and tls.key ("
                + deeper.getMessage()
                + ").",
            cause);
      }
    }
    return new EtcdProblem(
        "EtcdUnreachable",
        "etcd cannot be reached: check its endpoints and that a majority of its members runs ("
            + text
            + ").",
        cause);
  }

  private KV kv() {
    return client.getKVClient();
  }

  private static InputStream stream(String pem) {
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
  }

  static int[] parse(String version) {
    String[] parts = version.split("[.\\-+]");
    int[] numbers = new int[3];
    for (int i = 0; i < 3 && i < parts.length; i++) {
      try {
        numbers[i] = Integer.parseInt(parts[i]);
      } catch (NumberFormatException suffix) {
        return numbers;
      }
    }
    return numbers;
  }

  static int compare(int[] a, int[] b) {
    return java.util.Arrays.compare(a, b);
  }
}
