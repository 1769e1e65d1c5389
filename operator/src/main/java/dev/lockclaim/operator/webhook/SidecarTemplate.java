package dev.lockclaim.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.Names;
import java.util.List;

/**
 * The container and the volumes that the webhook adds.
 *
 * @param image of the sidecar
 * @param resources of the sidecar, as in a container
 */
public record SidecarTemplate(String image, JsonNode resources) {
  // The gate is some tens of kilobytes, state and token some hundred bytes; the rest is for the
  // sidecar's /tmp.
  private static final String VOLUME_SIZE_LIMIT = "32Mi";

  ObjectNode container(
      PodJson pod,
      String namespace,
      String claimName,
      LockClaimSpec spec,
      List<String> gated,
      String probes) {
    ObjectNode container = JsonNodeFactory.instance.objectNode();
    container.put("name", Names.SIDECAR_CONTAINER).put("image", image);
    // A native sidecar: started before main, ended after it, and it does not keep a Job from
    // finishing.
    container.put("restartPolicy", "Always");
    container
        .putArray("ports")
        .addObject()
        .put("name", Names.SIDECAR_PORT_NAME)
        .put("containerPort", Names.SIDECAR_PORT)
        .put("protocol", "TCP");
    ArrayNode env = container.putArray("env");
    set(env, Names.ENV_NAMESPACE, namespace);
    set(env, Names.ENV_NAME, claimName);
    fromField(env, Names.ENV_POD_NAME, "metadata.name");
    fromField(env, Names.ENV_POD_UID, "metadata.uid");
    fromField(env, Names.ENV_NODE_NAME, "spec.nodeName");
    set(env, Names.ENV_POD_REVISION, pod.revision());
    set(env, Names.ENV_CONTAINERS, String.join(",", gated));
    set(env, Names.ENV_TTL_SECONDS, Integer.toString(spec.lease().durationSeconds()));
    set(
        env,
        Names.ENV_STOP_GRACE_SECONDS,
        Integer.toString(spec.lease().effectiveStopGraceSeconds()));
    set(
        env,
        Names.ENV_RESTART_POLICY,
        pod.root().path("spec").path("restartPolicy").asText("Always"));
    set(env, Names.ENV_PROBES, probes);
    container.set("resources", resources.deepCopy());
    container.set("securityContext", securityContext());
    // Main's container waits for startup, so look often; a JVM on a busy node may need a while, so
    // look long.
    probe(container, "startupProbe", "/startupz", 1, 120);
    // Restarting the sidecar is a last resort: the lease may run out meanwhile.
    probe(container, "livenessProbe", "/livez", 5, 6);
    probe(container, "readinessProbe", "/readyz", 2, 3);
    ArrayNode mounts = container.putArray("volumeMounts");
    mounts.addObject().put("name", Names.VOLUME).put("mountPath", Names.VOLUME_PATH);
    mounts.addObject().put("name", Names.VOLUME).put("mountPath", "/tmp").put("subPath", "tmp");
    // Something of ours at this path keeps the API server from mounting the pod's own API token
    // here: the sidecar needs none.
    mounts
        .addObject()
        .put("name", Names.VOLUME)
        .put("mountPath", "/var/run/secrets/kubernetes.io/serviceaccount")
        .put("subPath", "no-token")
        .put("readOnly", true);
    mounts
        .addObject()
        .put("name", Names.ETCD_VOLUME)
        .put("mountPath", Names.ETCD_PATH)
        .put("readOnly", true);
    return container;
  }

  static ObjectNode sharedVolume() {
    ObjectNode volume = JsonNodeFactory.instance.objectNode().put("name", Names.VOLUME);
    volume.putObject("emptyDir").put("medium", "Memory").put("sizeLimit", VOLUME_SIZE_LIMIT);
    return volume;
  }

  static ObjectNode etcdVolume() {
    ObjectNode volume = JsonNodeFactory.instance.objectNode().put("name", Names.ETCD_VOLUME);
    volume.putObject("secret").put("secretName", Names.ETCD_SECRET);
    return volume;
  }

  static ObjectNode gateMount() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("name", Names.VOLUME)
        .put("mountPath", Names.VOLUME_PATH)
        .put("readOnly", true);
  }

  // Everything that Pod Security "restricted" asks of a container, said in the container: the pod's
  // own context may say otherwise.
  private static ObjectNode securityContext() {
    ObjectNode context = JsonNodeFactory.instance.objectNode();
    context
        .put("allowPrivilegeEscalation", false)
        .put("privileged", false)
        .put("readOnlyRootFilesystem", true);
    context
        .put("runAsNonRoot", true)
        .put("runAsUser", Names.SIDECAR_UID)
        .put("runAsGroup", Names.SIDECAR_UID);
    context.putObject("capabilities").putArray("drop").add("ALL");
    context.putObject("seccompProfile").put("type", "RuntimeDefault");
    return context;
  }

  private static void probe(
      ObjectNode container, String kind, String path, int periodSeconds, int failureThreshold) {
    ObjectNode probe = container.putObject(kind);
    probe
        .putObject("httpGet")
        .put("path", path)
        .put("port", Names.SIDECAR_PORT)
        .put("scheme", "HTTP");
    probe
        .put("periodSeconds", periodSeconds)
        .put("timeoutSeconds", 2)
        .put("failureThreshold", failureThreshold);
  }

  private static void set(ArrayNode env, String name, String value) {
    ObjectNode variable = env.addObject().put("name", name);
    if (!value.isEmpty()) { // the API server leaves out an empty value, and so do we: one form only
      variable.put("value", value);
    }
  }

  private static void fromField(ArrayNode env, String name, String fieldPath) {
    env.addObject()
        .put("name", name)
        .putObject("valueFrom")
        .putObject("fieldRef")
        .put("apiVersion", "v1")
        .put("fieldPath", fieldPath);
  }
}
