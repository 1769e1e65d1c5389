package dev.lockclaim.operator.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The operator's rights, as the chart of this tree renders them. */
final class TestingRights {
  private TestingRights() {}

  /** Applies them for a release, and gives a client that has them and no others. */
  static KubernetesClient grant(TestingCluster cluster, String namespace, String release) {
    try {
      cluster.kubectl(render(namespace, release), "apply", "--namespace=" + namespace, "-f", "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    KubernetesClient client = cluster.newClient(namespace, release);
    await("the API server knows the rights of " + release)
        .ignoreExceptionsInstanceOf(KubernetesClientException.class)
        .until(
            () -> {
              client.leases().inNamespace(namespace).withName(release + "-operator").get();
              return client.pods().inAnyNamespace().list() != null;
            });
    return client;
  }

  private static String render(String namespace, String release)
      throws IOException, InterruptedException {
    Path chart = Path.of(System.getProperty("lockclaim.root", "..")).resolve("helm/lockclaim");
    ProcessBuilder helm =
        new ProcessBuilder(
                Path.of(System.getProperty("lockclaim.bin"), "helm").toString(),
                "template",
                release,
                chart.toString(),
                "--namespace=" + namespace,
                "--set=fullnameOverride=" + release + ",etcd.enabled=true",
                "--show-only=templates/rbac.yaml")
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = helm.start();
    process.getOutputStream().close();
    String yaml = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("helm template").isZero();
    return yaml;
  }
}
