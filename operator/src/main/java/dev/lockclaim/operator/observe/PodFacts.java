package dev.lockclaim.operator.observe;

import dev.lockclaim.crds.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the operator looks at in a pod of a claim.
 *
 * @param role value of the role label, empty if there is none
 * @param token of the annotation that the role label was written with, if it has one that can be
 *     read
 * @param deletionCost value of the pod-deletion-cost annotation, empty if there is none
 * @param injected whether it has its sidecar
 * @param longestStopSeconds time to live of its lease plus its grace, as its sidecar was told; 0 if
 *     not injected
 * @param over since when no gated container runs any more in a pod that has ended or is being
 *     deleted; empty unless its kubelet has said so of each
 */
public record PodFacts(
    String name,
    String uid,
    String revision,
    Optional<OwnerReference> owner,
    String role,
    Optional<Long> token,
    String deletionCost,
    boolean injected,
    int longestStopSeconds,
    Optional<Instant> over) {

  /** Annotation by which ReplicaSets choose whom to delete first. */
  public static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

  /** Reads a pod. */
  public static PodFacts of(Pod pod) {
    Map<String, String> labels = orEmpty(pod.getMetadata().getLabels());
    Map<String, String> annotations = orEmpty(pod.getMetadata().getAnnotations());
    Optional<Container> sidecar =
        pod.getSpec().getInitContainers().stream()
            .filter(c -> c.getName().equals(Names.SIDECAR_CONTAINER))
            .findFirst();
    return new PodFacts(
        pod.getMetadata().getName(),
        pod.getMetadata().getUid(),
        labels.getOrDefault(
            "pod-template-hash", labels.getOrDefault("controller-revision-hash", "")),
        pod.getMetadata().getOwnerReferences().stream()
            .filter(owner -> Boolean.TRUE.equals(owner.getController()))
            .findFirst(),
        labels.getOrDefault(Names.LABEL_ROLE, ""),
        number(annotations.get(Names.ANNOTATION_TOKEN)),
        annotations.getOrDefault(DELETION_COST, ""),
        sidecar.isPresent()
            && Names.STATUS_INJECTED.equals(annotations.get(Names.ANNOTATION_STATUS)),
        sidecar.map(PodFacts::longestStopSeconds).orElse(0),
        over(pod));
  }

  private static int longestStopSeconds(Container sidecar) {
    return sidecar.getEnv().stream()
        .filter(
            env ->
                env.getName().equals(Names.ENV_TTL_SECONDS)
                    || env.getName().equals(Names.ENV_STOP_GRACE_SECONDS))
        .mapToInt(env -> number(env.getValue()).orElse(0L).intValue())
        .sum();
  }

  /**
   * Since when main cannot run in this pod any more, by the word of its kubelet: the pod is not to
   * go on, and every gated container is reported as terminated. The phase alone is not the
   * kubelet's word: the pod garbage collector writes Failed too, for a node whose object is gone,
   * and main may be running there. Nor does a pod object that is gone or a node that is silent
   * prove anything.
   */
  private static Optional<Instant> over(Pod pod) {
    List<ContainerStatus> statuses =
        pod.getStatus() == null ? List.of() : pod.getStatus().getContainerStatuses();
    String phase = pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
    boolean comesBack =
        !phase.equals("Succeeded")
            && !phase.equals("Failed")
            && pod.getMetadata().getDeletionTimestamp() == null;
    if (comesBack) {
      return Optional.empty();
    }
    List<String> gated =
        pod.getSpec().getContainers().stream()
            .filter(
                container ->
                    !container.getCommand().isEmpty()
                        && container.getCommand().getFirst().equals(Names.GATE_PATH))
            .map(Container::getName)
            .toList();
    return gated.isEmpty() ? Optional.empty() : lastFinish(statuses, gated);
  }

  /**
   * When the last of these containers ended; empty if one of them is not reported as terminated, or
   * without the time of its end: so the kubelet reports a container that it has lost sight of.
   */
  private static Optional<Instant> lastFinish(List<ContainerStatus> statuses, List<String> names) {
    Map<String, Instant> finished = new HashMap<>();
    for (ContainerStatus status : statuses) {
      if (status.getState() != null && status.getState().getTerminated() != null) {
        String at = status.getState().getTerminated().getFinishedAt();
        if (at != null) {
          finished.put(status.getName(), Instant.parse(at));
        }
      }
    }
    if (!finished.keySet().containsAll(names)) {
      return Optional.empty();
    }
    return names.stream().map(finished::get).max(Instant::compareTo);
  }

  private static Optional<Long> number(String text) {
    try {
      return text == null ? Optional.empty() : Optional.of(Long.parseLong(text));
    } catch (NumberFormatException notOurs) {
      return Optional.empty();
    }
  }

  private static Map<String, String> orEmpty(Map<String, String> map) {
    return map == null ? Map.of() : map;
  }
}
