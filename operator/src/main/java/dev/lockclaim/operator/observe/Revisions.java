package dev.lockclaim.operator.observe;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which of the revisions of a claim's pods is the newest, by the word of the objects that the
 * workload's controller keeps of them: the ReplicaSet of a Deployment, the ControllerRevision of a
 * StatefulSet or DaemonSet. They are asked only while there is more than one.
 */
public final class Revisions {
  private static final String DEPLOYMENT_REVISION = "deployment.kubernetes.io/revision";

  private final KubernetesClient client;

  public Revisions(KubernetesClient client) {
    this.client = client;
  }

  /** The newest, empty if there is none or it cannot be told. */
  public String newest(String namespace, List<PodFacts> pods) {
    Map<String, OwnerReference> byRevision = new HashMap<>();
    for (PodFacts pod : pods) {
      if (!pod.revision().isEmpty() && pod.owner().isPresent()) {
        byRevision.put(pod.revision(), pod.owner().get());
      }
    }
    if (byRevision.size() <= 1) {
      return byRevision.keySet().stream().findFirst().orElse("");
    }
    return byRevision.entrySet().stream()
        .map(
            entry -> Map.entry(entry.getKey(), number(namespace, entry.getKey(), entry.getValue())))
        .filter(entry -> entry.getValue().isPresent())
        .max(Comparator.comparingLong(entry -> entry.getValue().get()))
        .map(Map.Entry::getKey)
        .orElse("");
  }

  private Optional<Long> number(String namespace, String revision, OwnerReference owner) {
    return switch (owner.getKind()) {
      case "ReplicaSet" -> replicaSet(namespace, owner.getName());
      // Pods of a StatefulSet are labelled with the whole name of the revision, those of a
      // DaemonSet with the end of it.
      case "StatefulSet" -> controllerRevision(namespace, revision);
      case "DaemonSet" -> controllerRevision(namespace, owner.getName() + "-" + revision);
      default -> Optional.empty();
    };
  }

  private Optional<Long> replicaSet(String namespace, String name) {
    ReplicaSet replicaSet = client.apps().replicaSets().inNamespace(namespace).withName(name).get();
    try {
      return Optional.ofNullable(replicaSet)
          .map(found -> found.getMetadata().getAnnotations())
          .map(annotations -> annotations.get(DEPLOYMENT_REVISION))
          .map(Long::parseLong);
    } catch (NumberFormatException notADeployments) {
      return Optional.empty();
    }
  }

  private Optional<Long> controllerRevision(String namespace, String name) {
    ControllerRevision revision =
        client.apps().controllerRevisions().inNamespace(namespace).withName(name).get();
    return Optional.ofNullable(revision).map(ControllerRevision::getRevision);
  }
}
