package dev.lockclaim.operator.apply;

import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.etcd.EtcdFiles;
import dev.lockclaim.operator.etcd.EtcdProblem;
import dev.lockclaim.operator.etcd.LockWriter;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of the Secret that tells the pods of a namespace how to reach etcd, and of the
 * etcd user in it. The password's only home is that Secret: if it is deleted, a new password is
 * made.
 */
public final class EtcdSecretWriter {
  private static final Logger LOG = LoggerFactory.getLogger(EtcdSecretWriter.class);

  // How long a Secret that somebody has changed or deleted may stay so.
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  private static final int PASSWORD_BYTES = 24;

  private record Checked(Map<String, String> data, long nanos) {}

  private final KubernetesClient client;
  private final LockWriter etcd;
  private final Map<String, Checked> checked = new ConcurrentHashMap<>(); // by namespace
  private final SecureRandom random = new SecureRandom();

  public EtcdSecretWriter(KubernetesClient client, LockWriter etcd) {
    this.client = client;
    this.etcd = etcd;
  }

  /**
   * Sees to it that the namespace has its Secret, and etcd the user in it; looks no more often than
   * need be.
   */
  public void keep(String namespace) throws EtcdProblem {
    EtcdFiles files = etcd.files();
    Map<String, String> shared = shared(files);
    Checked last = checked.get(namespace);
    if (last != null
        && last.data().equals(shared)
        && System.nanoTime() - last.nanos() < LOOK_AGAIN.toNanos()) {
      return;
    }
    Secret there = client.secrets().inNamespace(namespace).withName(Names.ETCD_SECRET).get();
    Map<String, String> wanted = new LinkedHashMap<>(shared);
    if (files.text("username").isPresent()) {
      String password =
          there == null || there.getData() == null ? null : there.getData().get("password");
      boolean made = password == null;
      if (made) {
        password = encode(newPassword());
      }
      wanted.put("username", encode(LockWriter.userName(files, namespace)));
      wanted.put("password", password);
      // Once per process also for a password that is there: the user may be gone from a restored
      // etcd.
      if (made || last == null) {
        etcd.ensureUser(namespace, decode(password), made);
      }
    }
    if (there == null) {
      client.resource(secret(namespace, wanted)).create();
      LOG.info("Secret {}/{} created", namespace, Names.ETCD_SECRET);
    } else if (!wanted.equals(there.getData())) {
      client.resource(new SecretBuilder(there).withData(wanted).build()).update();
      LOG.info("Secret {}/{} brought up to date", namespace, Names.ETCD_SECRET);
    }
    checked.put(namespace, new Checked(shared, System.nanoTime()));
  }

  /** Has Secret and user looked at again: this etcd may not have the user. */
  public void forget(String namespace) {
    checked.remove(namespace);
  }

  private static Map<String, String> shared(EtcdFiles files) {
    Map<String, String> data = new LinkedHashMap<>();
    data.put(
        "endpoints",
        encode(files.endpoints().stream().map(URI::toString).collect(Collectors.joining(","))));
    data.put("prefix", encode(files.prefix()));
    files.text("ca.crt").ifPresent(pem -> data.put("ca.crt", encode(pem)));
    // Never the operator's own key: pods get the pair that was given for them.
    files.text("client.crt").ifPresent(pem -> data.put("tls.crt", encode(pem)));
    files.text("client.key").ifPresent(pem -> data.put("tls.key", encode(pem)));
    return data;
  }

  private static Secret secret(String namespace, Map<String, String> data) {
    return new SecretBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(Names.ETCD_SECRET)
        .addToLabels("app.kubernetes.io/managed-by", "lockclaim-operator")
        .endMetadata()
        .withType("Opaque")
        .withData(data)
        .build();
  }

  private String newPassword() {
    byte[] bytes = new byte[PASSWORD_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
