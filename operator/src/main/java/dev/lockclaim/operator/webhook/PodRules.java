package dev.lockclaim.operator.webhook;

import static dev.lockclaim.operator.webhook.PodJson.name;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockclaim.crds.Names;
import java.util.List;
import java.util.Locale;

/** What a pod must not be or have, each with the sentence that its creator reads. */
final class PodRules {
  private PodRules() {}

  static void check(PodJson pod) throws Rejection {
    JsonNode spec = pod.root().path("spec");
    if (spec.path("hostPID").asBoolean()) {
      throw new Rejection(
          RejectionReason.HostPid,
          "spec.hostPID is true: the gate must be the first process of its container to see when main has ended; remove hostPID");
    }
    if (spec.path("shareProcessNamespace").asBoolean()) {
      throw new Rejection(
          RejectionReason.SharedProcessNamespace,
          "spec.shareProcessNamespace is true: the gate must be the first process of its container to see when main has ended;"
              + " remove shareProcessNamespace");
    }
    if (spec.path("hostNetwork").asBoolean()) {
      throw new Rejection(
          RejectionReason.HostNetwork,
          "spec.hostNetwork is true: the sidecar's port "
              + Names.SIDECAR_PORT
              + " would be a port of the node; remove hostNetwork");
    }
    if (spec.path("os").path("name").asText().equals("windows")
        || spec.path("nodeSelector").path("kubernetes.io/os").asText().equals("windows")) {
      throw new Rejection(
          RejectionReason.Windows,
          "the pod is for Windows nodes, where main cannot be held back: remove the label "
              + Names.LABEL_CLAIM
              + " or run it on Linux");
    }
    checkNames(pod);
    for (ObjectNode container : pod.allContainers()) {
      if (!name(container).equals(Names.SIDECAR_CONTAINER)) {
        checkPort(container);
      }
    }
  }

  private static void checkNames(PodJson pod) throws Rejection {
    for (ObjectNode container : pod.containers()) {
      if (name(container).equals(Names.SIDECAR_CONTAINER)) {
        throw nameTaken("container", Names.SIDECAR_CONTAINER);
      }
    }
    if (pod.sidecar().isPresent() && !pod.injected()) {
      throw nameTaken("init container", Names.SIDECAR_CONTAINER);
    }
    for (ObjectNode volume : pod.volumes()) {
      boolean ours =
          switch (name(volume)) {
            case Names.VOLUME -> volume.path("emptyDir").path("medium").asText().equals("Memory");
            case Names.ETCD_VOLUME ->
                volume.path("secret").path("secretName").asText().equals(Names.ETCD_SECRET);
            default -> true;
          };
      if (!ours) {
        throw nameTaken("volume", name(volume));
      }
    }
  }

  private static Rejection nameTaken(String what, String name) {
    return new Rejection(
        RejectionReason.NameTaken,
        "the pod has a "
            + what
            + " of its own named "
            + name
            + ", which the sidecar needs: give it another name");
  }

  private static void checkPort(ObjectNode container) throws Rejection {
    for (ObjectNode port : PodJson.objects(container.path("ports"))) {
      if (port.path("containerPort").asInt() == Names.SIDECAR_PORT) {
        throw new Rejection(
            RejectionReason.PortTaken,
            "container "
                + name(container)
                + " uses port "
                + Names.SIDECAR_PORT
                + ", which the sidecar needs: let it use another port");
      }
    }
  }

  static void checkGated(PodJson pod, ObjectNode container) throws Rejection {
    String name = name(container);
    List<String> command = PodJson.strings(container.path("command"));
    if (command.isEmpty()) {
      throw new Rejection(
          RejectionReason.NoCommand,
          "container "
              + name
              + " has no command: Lockclaim starts main itself and cannot see the image's ENTRYPOINT; write it in the pod template"
              + " (command: [\"/path/to/program\"], see the image's documentation), or name the containers to hold back in"
              + " spec.gate.containers of the LockClaim");
    }
    for (ObjectNode mount : PodJson.objects(container.path("volumeMounts"))) {
      String path = mount.path("mountPath").asText();
      boolean ours =
          mount.path("name").asText().equals(Names.VOLUME) && path.equals(Names.VOLUME_PATH);
      if (!ours && (path.equals(Names.VOLUME_PATH) || path.startsWith(Names.VOLUME_PATH + "/"))) {
        throw new Rejection(
            RejectionReason.PathTaken,
            "container "
                + name
                + " mounts a volume at "
                + path
                + ", where the gate goes: mount it elsewhere than "
                + Names.VOLUME_PATH);
      }
    }
    JsonNode postStart = container.path("lifecycle").path("postStart");
    if (postStart.has("httpGet") || postStart.has("tcpSocket")) {
      throw new Rejection(
          RejectionReason.UnsupportedHook,
          "container "
              + name
              + " has a postStart hook that connects to main, which is not running yet when the hook is called: remove the hook");
    }
  }

  /** Sentences for what is let in although it may surprise. */
  static void warn(
      PodJson pod, ObjectNode container, long stopGraceSeconds, List<String> warnings) {
    String name = name(container);
    String cpu = container.path("resources").path("limits").path("cpu").asText("");
    if (!cpu.isEmpty() && millicores(cpu) < 50) {
      warnings.add(
          "lockclaim: container "
              + name
              + " has a CPU limit of "
              + cpu
              + ": below 50m main may still be running when the lock passes on; raise resources.limits.cpu");
    }
    // The gate kills main three seconds before the kubelet kills the gate, so that its end is seen;
    // one more for the hand-over.
    if (pod.terminationGraceSeconds() < stopGraceSeconds + 4) {
      warnings.add(
          "lockclaim: terminationGracePeriodSeconds is "
              + pod.terminationGraceSeconds()
              + ": main has less time to end than stopGraceSeconds ("
              + stopGraceSeconds
              + "); set it to "
              + (stopGraceSeconds + 4)
              + " or more");
    }
    if (container.path("lifecycle").path("postStart").has("exec")) {
      warnings.add(
          "lockclaim: the postStart hook of container "
              + name
              + " has no effect: it is called when the container starts, and main starts later; move it into the command");
    }
    boolean execStartup = container.path("startupProbe").has("exec");
    boolean execLiveness = container.path("livenessProbe").has("exec");
    if (container.has("startupProbe") && (execStartup || execLiveness)) {
      warnings.add(
          "lockclaim: the "
              + (execStartup ? "startupProbe" : "livenessProbe")
              + " of container "
              + name
              + " runs a command, so main's start is not waited for when it becomes active: give the livenessProbe a"
              + " failureThreshold that covers main's start, or use httpGet, tcpSocket or grpc in both");
    }
  }

  /**
   * The value of a CPU quantity in thousandths; a value that cannot be read counts as enough: the
   * API server says what is wrong with it.
   */
  static double millicores(String quantity) {
    try {
      String text = quantity.strip().toLowerCase(Locale.ROOT);
      return text.endsWith("m")
          ? Double.parseDouble(text.substring(0, text.length() - 1))
          : Double.parseDouble(text) * 1000;
    } catch (NumberFormatException notReadable) {
      return Double.MAX_VALUE;
    }
  }
}
