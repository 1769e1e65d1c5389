package dev.lockclaim.systemtest;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lockclaim itself in the cluster: release lockclaim of the chart, as scripts/system-test has it.
 */
final class Installation {
  static final String NAMESPACE = "lockclaim-system";

  /** Where the images of this cluster are. */
  static final String REGISTRY = System.getProperty("lockclaim.registry", "localhost/lockclaim");

  private Installation() {}

  static void install() {
    upgrade("etcd.enabled=true");
  }

  /** Installs or upgrades with these values besides the images' registry, and waits. */
  static void upgrade(String... values) {
    List<String> line =
        new ArrayList<>(
            List.of("upgrade", "--install", "lockclaim", "helm/lockclaim", "-n", NAMESPACE));
    line.addAll(List.of("--wait", "--timeout", "2m", "--set", "image.registry=" + REGISTRY));
    Arrays.stream(values).forEach(value -> line.addAll(List.of("--set", value)));
    Machine.helm(line.toArray(String[]::new));
  }

  static void uninstall() {
    Machine.helm("uninstall", "lockclaim", "-n", NAMESPACE, "--wait", "--timeout", "2m");
  }

  static void scaleOperator(int replicas) {
    Machine.kubectl("-n", NAMESPACE, "scale", "deployment/lockclaim", "--replicas=" + replicas);
    if (replicas > 0) {
      Machine.kubectl(
          "-n", NAMESPACE, "rollout", "status", "deployment/lockclaim", "--timeout=120s");
    }
  }

  static List<Pod> operators(KubernetesClient client) {
    return client
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("app.kubernetes.io/component", "operator")
        .list()
        .getItems();
  }
}
