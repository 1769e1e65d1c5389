package dev.lockclaim.operator.testing;

import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaim;
import io.fabric8.kubernetes.api.model.ConfigBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real kube-apiserver on a real etcd, with the LockClaim CRD. There is no scheduler, no
 * controller and no kubelet: a test says itself what they would say. One serves all tests of a JVM;
 * each test takes a namespace of its own.
 */
public final class TestingCluster implements AutoCloseable {
  private static final String TOKEN = "testing-admin";
  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  private final Path folder;
  private final TestingEtcd etcd;
  private final TestingProcess apiServer;
  private final String url;
  private final KubernetesClient client;

  TestingCluster() {
    etcd = TestingEtcd.start();
    int port = TestingProcess.freePort();
    url = "https://127.0.0.1:" + port;
    try {
      folder = Files.createTempDirectory("lockclaim-apiserver-");
      writeServiceAccountKeys();
      Files.writeString(folder.resolve("tokens.csv"), TOKEN + ",admin,admin,\"system:masters\"\n");
    } catch (IOException | GeneralSecurityException e) {
      etcd.close();
      throw new IllegalStateException(e);
    }
    client = newClient();
    apiServer =
        TestingProcess.start(
            "kube-apiserver",
            List.of(
                "--etcd-servers=" + etcd.url(),
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--cert-dir=" + folder.resolve("certificates"),
                "--service-cluster-ip-range=10.0.0.0/24",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + folder.resolve("sa.pub"),
                "--service-account-signing-key-file=" + folder.resolve("sa.key"),
                "--token-auth-file=" + folder.resolve("tokens.csv"),
                "--authorization-mode=RBAC",
                "--watch-cache=true"),
            folder,
            this::ready);
    try {
      applyCrd();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** A client with all rights, closed with the cluster. */
  public KubernetesClient client() {
    return client;
  }

  /** Another one, for the caller to close. */
  public KubernetesClient newClient() {
    return new KubernetesClientBuilder().withConfig(config()).build();
  }

  /** One that may do what this ServiceAccount may, for the caller to close. */
  public KubernetesClient newClient(String namespace, String serviceAccount) {
    Config config = config();
    config.setImpersonateUsername("system:serviceaccount:" + namespace + ":" + serviceAccount);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  private Config config() {
    Config config = Config.empty();
    config.setMasterUrl(url);
    config.setOauthToken(TOKEN);
    config.setTrustCerts(true);
    config.setDisableHostnameVerification(true);
    config.setRequestRetryBackoffLimit(0);
    return config;
  }

  /** Makes a namespace as the controllers would: with its default service account. */
  public String newNamespace(String prefix) {
    String name = prefix + "-" + NAMESPACES.incrementAndGet();
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("default")
                .withNamespace(name)
                .endMetadata()
                .build())
        .create();
    return name;
  }

  /** A kubeconfig for kubectl. */
  public Path kubeconfig() {
    var config =
        new ConfigBuilder()
            .addNewCluster()
            .withName("test")
            .withNewCluster()
            .withServer(url)
            .withInsecureSkipTlsVerify(true)
            .endCluster()
            .endCluster()
            .addNewUser()
            .withName("test")
            .withNewUser()
            .withToken(TOKEN)
            .endUser()
            .endUser()
            .addNewContext()
            .withName("test")
            .withNewContext()
            .withCluster("test")
            .withUser("test")
            .endContext()
            .endContext()
            .withCurrentContext("test")
            .build();
    try {
      return Files.writeString(folder.resolve("kubeconfig"), Serialization.asYaml(config));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs kubectl with this on its standard input and gives back what it printed, also on its
   * standard error.
   */
  public String kubectl(String input, String... arguments)
      throws IOException, InterruptedException {
    var command =
        new java.util.ArrayList<>(
            List.of(Path.of(System.getProperty("lockclaim.bin"), "kubectl").toString()));
    command.add("--kubeconfig=" + kubeconfig());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var stdin = process.outputWriter()) {
      stdin.write(input);
    }
    String output =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  @Override
  public void close() {
    client.close();
    apiServer.close();
    etcd.close();
    TestingEtcd.deleteTree(folder);
  }

  private boolean ready() {
    try {
      return "ok".equals(client.raw("/readyz"));
    } catch (KubernetesClientException notYet) {
      return false;
    }
  }

  private void applyCrd() {
    try (InputStream crd =
        TestingCluster.class.getResourceAsStream("/META-INF/lockclaim/lockclaims.yaml")) {
      client.load(crd).serverSideApply();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("lockclaims.lockclaim.dev")
        .waitUntilCondition(
            crd ->
                crd.getStatus() != null
                    && crd.getStatus().getConditions() != null
                    && crd.getStatus().getConditions().stream()
                        .anyMatch(
                            condition ->
                                condition.getType().equals("Established")
                                    && condition.getStatus().equals("True")),
            30,
            TimeUnit.SECONDS);
    await()
        .ignoreExceptions()
        .until(
            () ->
                client.resources(LockClaim.class).inAnyNamespace().list()
                    != null); // it needs a moment more
  }

  private void writeServiceAccountKeys() throws GeneralSecurityException, IOException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    var keys = generator.generateKeyPair();
    Files.writeString(folder.resolve("sa.key"), pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
    Files.writeString(folder.resolve("sa.pub"), pem("PUBLIC KEY", keys.getPublic().getEncoded()));
  }

  private static String pem(String type, byte[] content) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(content)
        + "\n-----END "
        + type
        + "-----\n";
  }
}
