package dev.lockclaim.operator.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lockclaim.operator.LockclaimOperator;
import dev.lockclaim.operator.OperatorConfig;
import dev.lockclaim.operator.webhook.SidecarTemplate;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;

/**
 * A whole operator in this JVM, on the cluster and etcd of a test, with the rights that the chart
 * gives it.
 */
public final class TestingOperator implements AutoCloseable {
  private final KubernetesClient admin;
  private final KubernetesClient client;
  private final LockclaimOperator operator;
  private final Path folder;
  private final String release;
  private final boolean first;

  /** Starts a replica of a release of its own, with these files about etcd. */
  public static TestingOperator start(
      TestingCluster cluster, String release, Map<String, String> etcdFiles) {
    String namespace = cluster.newNamespace(release);
    return new TestingOperator(cluster, namespace, release, release + "-0", etcdFiles, true);
  }

  /** Starts another replica of the same release. */
  public TestingOperator another(TestingCluster cluster, Map<String, String> etcdFiles) {
    return new TestingOperator(cluster, namespace(), release, release + "-1", etcdFiles, false);
  }

  private final String namespace;

  private TestingOperator(
      TestingCluster cluster,
      String namespace,
      String release,
      String replica,
      Map<String, String> etcdFiles,
      boolean first) {
    this.admin = cluster.client();
    this.client = TestingRights.grant(cluster, namespace, release);
    this.namespace = namespace;
    this.release = release;
    this.first = first;
    try {
      folder = Files.createTempDirectory("lockclaim-operator-");
      writeEtcdFiles(etcdFiles);
      if (first) {
        admin
            .resource(
                new MutatingWebhookConfigurationBuilder()
                    .withNewMetadata()
                    .withName(release)
                    .endMetadata()
                    .build())
            .create();
      }
      SidecarTemplate sidecar =
          new SidecarTemplate("sidecar:test", JsonNodeFactory.instance.objectNode());
      operator =
          new LockclaimOperator(
              new OperatorConfig(folder, namespace, release, sidecar, "localhost", 0, 0, replica),
              client,
              () -> {});
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    operator.start();
  }

  /** Replaces the files that say how to reach etcd. */
  public void writeEtcdFiles(Map<String, String> files) {
    try {
      for (var file : files.entrySet()) {
        Files.writeString(folder.resolve(file.getKey()), file.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String namespace() {
    return namespace;
  }

  public LockclaimOperator operator() {
    return operator;
  }

  /** What the replica serves at /metrics. */
  public String metrics() {
    URI address = URI.create("http://localhost:" + operator.httpPort() + "/metrics");
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Closes the operator, once. */
  @Override
  public void close() {
    operator.close();
    if (first) {
      admin.admissionRegistration().v1().mutatingWebhookConfigurations().withName(release).delete();
    }
    client.close();
    TestingEtcd.deleteTree(folder);
  }
}
