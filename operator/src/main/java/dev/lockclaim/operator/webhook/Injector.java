package dev.lockclaim.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.Names;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides on one pod: a pure function of the pod's raw JSON and its LockClaim, safe for use by many
 * threads.
 *
 * <p>Calling it on its own result yields an empty patch, so the API server may call the webhook
 * again after another one has changed the pod.
 */
public final class Injector {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SidecarTemplate sidecar;

  public Injector(SidecarTemplate sidecar) {
    this.sidecar = sidecar;
  }

  /**
   * Decides; never throws for anything that a pod may contain.
   *
   * @param pod left as it is
   * @param claim the LockClaim that the pod's label names, empty if there is none in the namespace
   */
  public Verdict decide(ObjectNode pod, String namespace, Optional<LockClaim> claim) {
    String claimName = new PodJson(pod).label(Names.LABEL_CLAIM);
    if (claimName.isEmpty()) {
      return new Verdict.NotAsked();
    }
    ObjectNode patched = pod.deepCopy();
    List<String> warnings = new ArrayList<>();
    try {
      inject(
          new PodJson(patched),
          namespace,
          claimName,
          usableSpec(namespace, claimName, claim),
          warnings);
    } catch (Rejection rejection) {
      return rejection.verdict();
    }
    return new Verdict.Injected(JsonDiff.between(pod, patched), warnings);
  }

  private static LockClaimSpec usableSpec(
      String namespace, String claimName, Optional<LockClaim> claim) throws Rejection {
    if (claim.isEmpty()) {
      throw new Rejection(
          RejectionReason.NoSuchClaim,
          "there is no LockClaim "
              + claimName
              + " in namespace "
              + namespace
              + ": apply it first, or correct the pod's label "
              + Names.LABEL_CLAIM);
    }
    if (claim.get().getMetadata().getDeletionTimestamp() != null) {
      throw new Rejection(
          RejectionReason.ClaimBeingDeleted,
          "LockClaim "
              + claimName
              + " in namespace "
              + namespace
              + " is being deleted: create it anew before its pods");
    }
    LockClaimSpec spec = claim.get().getSpec();
    if (spec == null
        || spec.lease() == null
        || spec.lease().durationSeconds() == null
        || spec.gate() == null) {
      throw new Rejection(
          RejectionReason.ClaimInvalid,
          "LockClaim "
              + claimName
              + " in namespace "
              + namespace
              + " has no complete spec: apply it anew with the current CRD");
    }
    return spec;
  }

  private void inject(
      PodJson pod, String namespace, String claimName, LockClaimSpec spec, List<String> warnings)
      throws Rejection {
    PodRules.check(pod);
    List<ObjectNode> gated = gatedContainers(pod, spec.gate());
    ObjectNode probes = probesSeenBefore(pod);
    for (ObjectNode container : gated) {
      PodRules.checkGated(pod, container);
      PodRules.warn(pod, container, spec.lease().effectiveStopGraceSeconds(), warnings);
      GatedContainer rewriting = new GatedContainer(container);
      rewriting.holdBack(pod.terminationGraceSeconds(), spec.gate().onLoss());
      rewriting.rewriteProbes(probes.withObjectProperty(PodJson.name(container)));
    }
    List<String> names = gated.stream().map(PodJson::name).toList();
    probes.retain(names);
    PodJson.put(pod.spec(), "volumes", SidecarTemplate.sharedVolume());
    PodJson.put(pod.spec(), "volumes", SidecarTemplate.etcdVolume());
    // Last of the init containers: the pod's own ones, such as migrations and downloads, have run
    // before a standby stands in line.
    PodJson.put(
        pod.spec(),
        "initContainers",
        sidecar.container(pod, namespace, claimName, spec, names, probes.toString()));
    pod.setLabel(Names.LABEL_ROLE, Names.ROLE_STANDBY);
    pod.setAnnotation(Names.ANNOTATION_STATUS, Names.STATUS_INJECTED);
    // A token that came along in a copied template would keep this pod's role from ever being
    // written.
    pod.setAnnotation(Names.ANNOTATION_TOKEN, "0");
    if (pod.annotation("kubectl.kubernetes.io/default-container").isEmpty()) {
      pod.setAnnotation("kubectl.kubernetes.io/default-container", names.getFirst());
    }
  }

  private static List<ObjectNode> gatedContainers(PodJson pod, LockClaimSpec.Gate gate)
      throws Rejection {
    if (gate.containers() != null && !gate.containers().isEmpty()) {
      List<ObjectNode> named = new ArrayList<>();
      for (String name : gate.containers()) {
        named.add(
            PodJson.named(pod.containers(), name)
                .orElseThrow(
                    () ->
                        new Rejection(
                            RejectionReason.NoSuchContainer,
                            "spec.gate.containers of the LockClaim names the container "
                                + name
                                + ", which the pod does not have (it has "
                                + String.join(
                                    ", ", pod.containers().stream().map(PodJson::name).toList())
                                + "): correct one of them")));
      }
      return named;
    }
    // Called again: a container that another webhook has added since is not the user's and is not
    // held back.
    Set<String> before = new LinkedHashSet<>(gatedBefore(pod));
    List<ObjectNode> all =
        pod.containers().stream()
            .filter(container -> before.isEmpty() || before.contains(PodJson.name(container)))
            .toList();
    if (all.isEmpty()) {
      throw new Rejection(
          RejectionReason.Unreadable,
          "the pod has no container to hold back: give it one in spec.containers");
    }
    return all;
  }

  private static List<String> gatedBefore(PodJson pod) {
    String names = sidecarEnv(pod, Names.ENV_CONTAINERS);
    return pod.injected() && !names.isEmpty() ? List.of(names.split(",")) : List.of();
  }

  private static ObjectNode probesSeenBefore(PodJson pod) {
    String probes = pod.injected() ? sidecarEnv(pod, Names.ENV_PROBES) : "";
    try {
      if (!probes.isEmpty() && JSON.readTree(probes) instanceof ObjectNode before) {
        return before;
      }
    } catch (JsonProcessingException notOurs) {
      // Not what we wrote: the probes in the pod are then taken for the original ones.
      return JSON.createObjectNode();
    }
    return JSON.createObjectNode();
  }

  private static String sidecarEnv(PodJson pod, String name) {
    return pod.sidecar()
        .flatMap(container -> PodJson.named(PodJson.objects(container.path("env")), name))
        .map(variable -> variable.path("value").asText(""))
        .orElse("");
  }
}
