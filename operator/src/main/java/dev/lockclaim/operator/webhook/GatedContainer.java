package dev.lockclaim.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockclaim.crds.LockClaimSpec.OnLoss;
import dev.lockclaim.crds.Names;
import java.util.List;
import java.util.Map;

/** Rewrites one container so that the gate is its first process. Doing it again changes nothing. */
final class GatedContainer {
  // Field of the container → kind in URLs, in LOCKCLAIM_PROBES and on the gate's command line.
  private static final Map<String, String> PROBES =
      Map.of("startupProbe", "startup", "livenessProbe", "liveness", "readinessProbe", "readiness");

  private static final List<String> PROBE_FIELDS =
      List.of("startupProbe", "livenessProbe", "readinessProbe");

  private final ObjectNode container;
  private final String name;

  GatedContainer(ObjectNode container) {
    this.container = container;
    this.name = PodJson.name(container);
  }

  void holdBack(long terminationGraceSeconds, OnLoss onLoss) {
    List<String> command = PodJson.strings(container.path("command"));
    if (isGate(command)) {
      command = command.subList(command.indexOf("--") + 1, command.size());
    }
    ArrayNode gated = container.putArray("command");
    gated.add(Names.GATE_PATH).add("run");
    gated.add("--container=" + name);
    gated.add("--termination-grace-seconds=" + terminationGraceSeconds);
    gated.add("--on-loss=" + (onLoss == OnLoss.Restart ? "restart" : "hold"));
    gated.add("--");
    command.forEach(gated::add);
    putMount();
  }

  private void putMount() {
    ObjectNode mount = SidecarTemplate.gateMount();
    for (ObjectNode there : PodJson.objects(container.path("volumeMounts"))) {
      if (there.path("mountPath").asText().equals(Names.VOLUME_PATH)) {
        there.put("readOnly", true);
        return;
      }
    }
    PodJson.array(container, "volumeMounts").add(mount);
  }

  /**
   * Points probes at the sidecar, which passes them on a standby and carries them out against main
   * on the active.
   *
   * @param originals gets the probes as they were, by kind; has those already that an earlier call
   *     has rewritten
   */
  void rewriteProbes(ObjectNode originals) throws Rejection {
    for (String field : PROBE_FIELDS) {
      if (container.get(field) instanceof ObjectNode probe) {
        rewriteProbe(PROBES.get(field), probe, originals);
      }
    }
    for (String hook : List.of("postStart", "preStop")) {
      wrapExec("hook", container.path("lifecycle").path(hook));
    }
  }

  private void rewriteProbe(String kind, ObjectNode probe, ObjectNode originals) throws Rejection {
    if (probe.has("exec")) {
      wrapExec(kind, probe);
      return;
    }
    String path = "/probe/" + name + "/" + kind;
    JsonNode httpGet = probe.path("httpGet");
    if (httpGet.path("path").asText().equals(path)
        && httpGet.path("port").asInt() == Names.SIDECAR_PORT
        && originals.has(kind)) {
      return;
    }
    ObjectNode original = probe.deepCopy();
    for (String action : List.of("httpGet", "tcpSocket", "grpc")) {
      if (original.get(action) instanceof ObjectNode target) {
        target.put("port", portNumber(target.path("port")));
        originals.set(kind, original);
        probe.remove(action);
        probe
            .putObject("httpGet")
            .put("path", path)
            .put("port", Names.SIDECAR_PORT)
            .put("scheme", "HTTP");
        return;
      }
    }
    // No action that we know: the API server refuses such a probe, or knows more than we do; leave
    // it as it is.
  }

  private int portNumber(JsonNode port) throws Rejection {
    if (port.canConvertToInt() && port.isNumber()) {
      return port.asInt();
    }
    for (ObjectNode declared : PodJson.objects(container.path("ports"))) {
      if (PodJson.name(declared).equals(port.asText())) {
        return declared.path("containerPort").asInt();
      }
    }
    throw new Rejection(
        RejectionReason.UnknownPort,
        "a probe of container "
            + name
            + " uses the port "
            + port.asText()
            + ", which is not among its ports: declare it there or use its number");
  }

  private static void wrapExec(String kind, JsonNode action) {
    if (!(action.get("exec") instanceof ObjectNode exec)) {
      return;
    }
    List<String> command = PodJson.strings(exec.path("command"));
    if (isGate(command)) {
      return;
    }
    ArrayNode wrapped = exec.putArray("command");
    wrapped.add(Names.GATE_PATH).add("probe").add(kind).add("--");
    command.forEach(wrapped::add);
  }

  private static boolean isGate(List<String> command) {
    return !command.isEmpty()
        && command.getFirst().equals(Names.GATE_PATH)
        && command.contains("--");
  }
}
