package dev.lockclaim.operator.testing;

import dev.lockclaim.crds.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/** Pods as the webhook would leave them. */
public final class TestingPods {
  private TestingPods() {}

  /** With its sidecar; gives back what the API server made of it, with its UID. */
  public static Pod injected(KubernetesClient client, String namespace, String name, String claim) {
    return client
        .resource(
            new PodBuilder(bare(namespace, name, claim))
                .editMetadata()
                .addToLabels(Names.LABEL_ROLE, Names.ROLE_STANDBY)
                .addToAnnotations(Names.ANNOTATION_STATUS, Names.STATUS_INJECTED)
                .endMetadata()
                .editSpec()
                .addNewInitContainer()
                .withName(Names.SIDECAR_CONTAINER)
                .withImage("sidecar")
                .withRestartPolicy("Always")
                .addNewEnv()
                .withName(Names.ENV_TTL_SECONDS)
                .withValue("5")
                .endEnv()
                .endInitContainer()
                .endSpec()
                .build())
        .create();
  }

  /** Without. */
  public static Pod uninjected(
      KubernetesClient client, String namespace, String name, String claim) {
    return client.resource(bare(namespace, name, claim)).create();
  }

  private static Pod bare(String namespace, String name, String claim) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .addToLabels(Names.LABEL_CLAIM, claim)
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withName("main")
        .withImage("example")
        .withCommand(Names.GATE_PATH, "run", "--", "/bin/main")
        .endContainer()
        .endSpec()
        .build();
  }
}
