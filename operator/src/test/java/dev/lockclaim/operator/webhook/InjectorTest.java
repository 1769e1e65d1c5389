package dev.lockclaim.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimSpec.OnLoss;
import dev.lockclaim.operator.testing.LockClaims;
import io.fabric8.zjsonpatch.JsonPatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InjectorTest {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final Path GOLDEN = Path.of("src/test/resources/webhook");

  private static final String CONTAINER = "{name: main, image: x, command: [/bin/main]}";

  private final Injector injector = new Injector(template());

  static SidecarTemplate template() {
    ObjectNode resources = JSON.createObjectNode();
    resources.putObject("requests").put("cpu", "20m").put("memory", "96Mi");
    resources.putObject("limits").put("memory", "192Mi");
    return new SidecarTemplate("localhost/lockclaim/sidecar:0.1.0", resources);
  }

  /**
   * The patches are what users' pods get: a change of one must be meant. {@code
   * -Dlockclaim.writeGolden=true} writes them anew.
   */
  @ParameterizedTest
  @CsvSource({"deployment,worker,Restart", "bare,,Hold", "exec,,Hold"})
  void thePatchIsTheOneOnRecord(String name, String gated, OnLoss onLoss) throws IOException {
    ObjectNode pod = pod(Files.readString(GOLDEN.resolve(name + ".pod.yaml")));
    ArrayNode patch = injected(pod, claim(gated, onLoss)).patch();
    Path golden = GOLDEN.resolve(name + ".patch.json");
    String text = JSON.writeValueAsString(patch) + "\n";
    if (Boolean.getBoolean("lockclaim.writeGolden")) {
      Files.writeString(golden, text);
    }
    assertThat(text).isEqualTo(Files.readString(golden));
  }

  @ParameterizedTest
  @CsvSource({"deployment,worker", "bare,", "exec,"})
  void callingItAgainChangesNothing(String name, String gated) throws IOException {
    ObjectNode pod = pod(Files.readString(GOLDEN.resolve(name + ".pod.yaml")));
    ObjectNode once = patched(pod, claim(gated, OnLoss.Hold));
    assertThat(injected(once, claim(gated, OnLoss.Hold)).patch()).isEmpty();
  }

  @Test
  void callingItAgainLeavesDefaultsThatTheApiServerFilledIn() throws IOException {
    ObjectNode once =
        patched(pod("spec: {containers: [" + CONTAINER + "]}"), claim(null, OnLoss.Hold));
    ObjectNode sidecar = (ObjectNode) once.at("/spec/initContainers/0");
    sidecar
        .put("imagePullPolicy", "IfNotPresent")
        .put("terminationMessagePath", "/dev/termination-log");
    ((ObjectNode) sidecar.get("livenessProbe")).put("successThreshold", 1);
    ((ObjectNode) once.at("/spec/volumes/1/secret")).put("defaultMode", 420);
    assertThat(injected(once, claim(null, OnLoss.Hold)).patch()).isEmpty();
  }

  @Test
  void callingItAgainDoesNotHoldBackWhatAnotherWebhookAdded() throws IOException {
    ObjectNode once =
        patched(pod("spec: {containers: [" + CONTAINER + "]}"), claim(null, OnLoss.Hold));
    ((ArrayNode) once.at("/spec/containers"))
        .addObject()
        .put("name", "istio-proxy")
        .put("image", "proxy");
    assertThat(injected(once, claim(null, OnLoss.Hold)).patch()).isEmpty();
  }

  @Test
  void callingItAgainHoldsBackAContainerWhoseCommandWasReplaced() throws IOException {
    ObjectNode once =
        patched(pod("spec: {containers: [" + CONTAINER + "]}"), claim(null, OnLoss.Hold));
    ((ObjectNode) once.at("/spec/containers/0")).putArray("command").add("/bin/other");
    ObjectNode again = patched(once, claim(null, OnLoss.Hold));
    assertThat(PodJson.strings(again.at("/spec/containers/0/command")))
        .startsWith("/lockclaim/gate", "run")
        .endsWith("--", "/bin/other");
  }

  @Test
  void aPodThatNamesNoClaimIsLeftAlone() throws IOException {
    ObjectNode pod = (ObjectNode) YAML.readTree("spec: {containers: [" + CONTAINER + "]}");
    assertThat(injector.decide(pod, "payments", Optional.empty()))
        .isEqualTo(new Verdict.NotAsked());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NoCommand | {containers: [{name: main, image: x}]} | container main has no command",
        "NoCommand | {containers: [{name: main, image: x, args: [a]}]} | container main has no command",
        "HostPid | {hostPID: true, containers: [C]} | remove hostPID",
        "HostNetwork | {hostNetwork: true, containers: [C]} | remove hostNetwork",
        "SharedProcessNamespace | {shareProcessNamespace: true, containers: [C]} | remove shareProcessNamespace",
        "Windows | {os: {name: windows}, containers: [C]} | Windows",
        "Windows | {nodeSelector: {kubernetes.io/os: windows}, containers: [C]} | Windows",
        "NameTaken | {containers: [C, {name: lockclaim, image: x}]} | named lockclaim",
        "NameTaken | {initContainers: [{name: lockclaim, image: x}], containers: [C]} | named lockclaim",
        "NameTaken | {volumes: [{name: lockclaim, hostPath: {path: /}}], containers: [C]} | volume of its own named lockclaim",
        "NameTaken | {volumes: [{name: lockclaim-etcd, secret: {secretName: o}}], containers: [C]} | named lockclaim-etcd",
        "PathTaken | {containers: [{name: m, command: [x], volumeMounts: [{name: v, mountPath: /lockclaim}]}]} | at /lockclaim",
        "PathTaken | {containers: [{name: m, command: [x], volumeMounts: [{name: v, mountPath: /lockclaim/x}]}]} | at /lockclaim/x",
        "PortTaken | {containers: [{name: m, command: [x], ports: [{containerPort: 9808}]}]} | port 9808",
        "UnknownPort | {containers: [{name: m, command: [x], livenessProbe: {httpGet: {port: web}}}]} | uses the port web",
        "UnsupportedHook | {containers: [{name: m, command: [x], lifecycle: {postStart: {httpGet: {port: 1}}}}]} | remove the hook",
      })
  void whatCannotWorkIsRefused(RejectionReason reason, String spec, String part)
      throws IOException {
    ObjectNode pod =
        pod(
            "spec: "
                + spec.replace("[C]", "[" + CONTAINER + "]").replace("[C,", "[" + CONTAINER + ","));
    Verdict verdict = injector.decide(pod, "payments", Optional.of(claim(null, OnLoss.Hold)));
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            rejected -> {
              assertThat(rejected.reason()).isEqualTo(reason);
              assertThat(rejected.message()).contains(part);
            });
  }

  @Test
  void h5AProcessNamespaceThatIsSharedIsRefused() throws IOException {
    for (String shared : List.of("shareProcessNamespace", "hostPID")) {
      ObjectNode pod = pod("spec: {" + shared + ": true, containers: [" + CONTAINER + "]}");
      assertThat(injector.decide(pod, "payments", Optional.of(claim(null, OnLoss.Hold))))
          .isInstanceOf(Verdict.Rejected.class);
    }
  }

  @Test
  void h14AGateWithTooLittleCpuToKillInTimeIsWarnedOf() throws IOException {
    String spec = "{containers: [{name: m, command: [x], resources: {limits: {cpu: 49m}}}]}";
    assertThat(injected(pod("spec: " + spec), claim(null, OnLoss.Hold)).warnings()).hasSize(1);
  }

  @Test
  void aClaimThatCannotBeUsedIsSaidSo() throws IOException {
    ObjectNode pod = pod("spec: {containers: [" + CONTAINER + "]}");
    LockClaim deleted = claim(null, OnLoss.Hold);
    deleted.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
    LockClaim empty = claim(null, OnLoss.Hold);
    empty.setSpec(null);
    assertThat(reason(pod, Optional.empty())).isEqualTo(RejectionReason.NoSuchClaim);
    assertThat(reason(pod, Optional.of(deleted))).isEqualTo(RejectionReason.ClaimBeingDeleted);
    assertThat(reason(pod, Optional.of(empty))).isEqualTo(RejectionReason.ClaimInvalid);
    assertThat(reason(pod, Optional.of(claim("worker", OnLoss.Hold))))
        .isEqualTo(RejectionReason.NoSuchContainer);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{containers: [{name: m, command: [x], resources: {limits: {cpu: 20m}}}]} | CPU limit of 20m",
        "{containers: [{name: m, command: [x], resources: {limits: {cpu: 0.04}}}]} | CPU limit of 0.04",
        "{terminationGracePeriodSeconds: 5, containers: [{name: m, command: [x]}]} | set it to 7 or more",
        "{containers: [{name: m, command: [x], lifecycle: {postStart: {exec: {command: [y]}}}}]} | has no effect",
        "{containers: [{name: m, command: [x], startupProbe: {exec: {command: [y]}}}]} | startupProbe of container m runs a command",
      })
  void whatMaySurpriseIsWarnedOf(String spec, String part) throws IOException {
    assertThat(injected(pod("spec: " + spec), claim(null, OnLoss.Hold)).warnings())
        .singleElement()
        .asString()
        .contains(part);
  }

  @ParameterizedTest
  @ValueSource(strings = {"50m", "1", "0.05", "2.5", "not a number"})
  void anOrdinaryPodIsNotWarnedOf(String cpu) throws IOException {
    ObjectNode pod =
        pod(
            "spec: {containers: [{name: m, command: [x], resources: {limits: {cpu: '"
                + cpu
                + "'}}}]}");
    assertThat(injected(pod, claim(null, OnLoss.Hold)).warnings()).isEmpty();
  }

  /**
   * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, as far as it
   * is about one container.
   */
  @Test
  void theSidecarFitsPodSecurityRestricted() throws IOException {
    ObjectNode after =
        patched(pod("spec: {containers: [" + CONTAINER + "]}"), claim(null, OnLoss.Hold));
    JsonNode sidecar = after.at("/spec/initContainers/0");
    JsonNode context = sidecar.path("securityContext");
    assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
    assertThat(context.path("privileged").asBoolean(true)).isFalse();
    assertThat(context.path("runAsNonRoot").asBoolean(false)).isTrue();
    assertThat(context.path("runAsUser").asInt(0)).isNotZero();
    assertThat(PodJson.strings(context.path("capabilities").path("drop"))).containsExactly("ALL");
    assertThat(context.path("capabilities").has("add")).isFalse();
    assertThat(context.path("seccompProfile").path("type").asText()).isEqualTo("RuntimeDefault");
    assertThat(context.path("readOnlyRootFilesystem").asBoolean(false)).isTrue();
    assertThat(sidecar.path("ports").findValues("hostPort")).isEmpty();
    assertThat(sidecar.at("/resources/requests/cpu").asText()).isNotEmpty();
    assertThat(after.at("/spec/volumes").findValues("hostPath")).isEmpty();
  }

  private RejectionReason reason(ObjectNode pod, Optional<LockClaim> claim) {
    return ((Verdict.Rejected) injector.decide(pod, "payments", claim)).reason();
  }

  private Verdict.Injected injected(ObjectNode pod, LockClaim claim) {
    return (Verdict.Injected) injector.decide(pod, "payments", Optional.of(claim));
  }

  private ObjectNode patched(ObjectNode pod, LockClaim claim) {
    return (ObjectNode) JsonPatch.apply(injected(pod, claim).patch(), pod);
  }

  private static ObjectNode pod(String yaml) throws IOException {
    ObjectNode pod = (ObjectNode) YAML.readTree(yaml);
    if (!pod.has("metadata")) {
      pod.withObjectProperty("metadata")
          .withObjectProperty("labels")
          .put("lockclaim.dev/claim", "billing");
    }
    return pod;
  }

  private static LockClaim claim(String gated, OnLoss onLoss) {
    LockClaimSpec all = LockClaimSpec.defaults();
    List<String> containers = gated == null ? null : List.of(gated);
    return LockClaims.with(
        "payments",
        "billing",
        new LockClaimSpec(
            1,
            all.lease(),
            new LockClaimSpec.Gate(LockClaimSpec.GateMode.Process, containers, onLoss),
            all.handover(),
            false));
  }
}
