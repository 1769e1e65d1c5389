package dev.lockclaim.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaim;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The example of examples/deployment in a namespace of its own, its main replaced by one that
 * writes {@link MainRecord}s to a folder of the node. {@link #close} takes everything away.
 */
final class Ticker implements AutoCloseable {
  /** A guard against hanging, not a verdict: a busy machine takes long to pull and start. */
  static final Duration HANG_GUARD = Duration.ofMinutes(2);

  // exit-POD asks main to end by itself. The shell reads the clock without starting a process.
  private static final String MAIN =
      """
      start=$(cat /proc/sys/kernel/random/uuid)
      say() { read -r up idle </proc/uptime; echo "$1 $up $HOSTNAME $LOCKCLAIM_TOKEN $start" >>/records/main || exit 9; }
      trap 'say end; exit 0' TERM
      say start
      while true; do
        say beat
        if [ -e "/records/exit-$HOSTNAME" ]; then rm "/records/exit-$HOSTNAME"; say end; exit 3; fi
        sleep 0.05
      done
      """;

  private final KubernetesClient client;
  private final String namespace =
      "lockclaim-system-test-" + UUID.randomUUID().toString().substring(0, 8);
  private final Path records;

  Ticker(KubernetesClient client) throws IOException {
    this.client = client;
    records = Files.createTempDirectory(Machine.WORK, "records-");
    // Main runs as whatever user its image says.
    Files.setPosixFilePermissions(records, PosixFilePermissions.fromString("rwxrwxrwx"));
    createNamespace(client, namespace);
    client.resource(exampleClaim()).inNamespace(namespace).create();
    client.resource(recording(exampleDeployment())).inNamespace(namespace).create();
  }

  /** Makes a namespace that scripts/system-test finds again, should we not come to delete it. */
  static void createNamespace(KubernetesClient client, String name) {
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("app.kubernetes.io/part-of", "lockclaim-system-test")
                .endMetadata()
                .build())
        .create();
  }

  /** The LockClaim of examples/deployment. */
  static LockClaim exampleClaim() {
    return example(LockClaim.class);
  }

  /** The Deployment of examples/deployment, with the images of this cluster. */
  static Deployment exampleDeployment() {
    return example(Deployment.class);
  }

  private static <T extends HasMetadata> T example(Class<T> kind) {
    Path file = Machine.ROOT.resolve("examples/deployment/ticker.yaml");
    try {
      String yaml =
          Files.readString(file).replace("localhost/lockclaim/", Installation.REGISTRY + "/");
      for (String document : yaml.split("(?m)^---$")) {
        if (document.contains("kind: " + kind.getSimpleName() + "\n")) {
          return Serialization.unmarshal(document, kind);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new IllegalStateException(file + " has no " + kind.getSimpleName());
  }

  private Deployment recording(Deployment deployment) {
    return new DeploymentBuilder(deployment)
        .editSpec()
        .editTemplate()
        .editSpec()
        .editFirstContainer()
        .withCommand("sh", "-c", MAIN)
        .addNewVolumeMount()
        .withName("records")
        .withMountPath("/records")
        .endVolumeMount()
        .endContainer()
        .addNewVolume()
        .withName("records")
        .withNewHostPath()
        .withPath(records.toString())
        .endHostPath()
        .endVolume()
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }

  String namespace() {
    return namespace;
  }

  /** kubectl in the namespace. */
  String kubectl(String... arguments) {
    List<String> line = new ArrayList<>(List.of("-n", namespace));
    line.addAll(List.of(arguments));
    return Machine.kubectl(line.toArray(String[]::new));
  }

  Optional<Pod> pod(String name) {
    return Optional.ofNullable(client.pods().inNamespace(namespace).withName(name).get());
  }

  List<Pod> pods() {
    return client.pods().inNamespace(namespace).withLabel("app", "ticker").list().getItems();
  }

  void awaitReady(int replicas) {
    await("pods that are Ready")
        .atMost(HANG_GUARD)
        .until(
            () ->
                pods().stream()
                        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                        .filter(Readiness::isPodReady)
                        .count()
                    == replicas);
  }

  SpanChecker.Verdict verdict() {
    Path file = records.resolve("main");
    try {
      return SpanChecker.check(
          Files.exists(file)
              ? Files.readAllLines(file).stream().map(MainRecord::parse).toList()
              : List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The main that is heard now, once it has been heard twice. */
  Span awaitActive() {
    return awaitActive(0);
  }

  /** The main that is heard now with a token above {@code token}. */
  Span awaitActive(long token) {
    Span first =
        await("main of a token above " + token)
            .atMost(HANG_GUARD)
            .until(this::last, s -> s.token() > token);
    return await("a further beat")
        .atMost(HANG_GUARD)
        .until(this::last, s -> s.lastMillis() > first.lastMillis());
  }

  /** Whether main itself wrote that it ends, as it does on SIGTERM. */
  boolean endedByItself(Span span) {
    return verdict().spans().stream()
        .anyMatch(other -> other.start().equals(span.start()) && other.ended());
  }

  /** The main that started last. */
  Span last() {
    List<Span> spans = verdict().spans();
    return spans.isEmpty() ? new Span("", "", 0, 0, 0, true) : spans.getLast();
  }

  void deletePod(String pod) {
    client.pods().inNamespace(namespace).withName(pod).delete();
  }

  /** Makes the main of this pod end by itself with status 3. */
  void exitMain(String pod) throws IOException {
    Files.createFile(records.resolve("exit-" + pod));
  }

  void restart() {
    client.apps().deployments().inNamespace(namespace).withName("ticker").rolling().restart();
  }

  /** The promise, from main's records alone. */
  void assertOneAtATime() {
    assertThat(verdict().violations()).isEmpty();
  }

  /** What somebody wants to see when a test has failed. */
  void tellAll() {
    System.out.println("system test: spans of main: " + verdict().spans());
    for (String[] question :
        List.of(
            new String[] {"get", "pods,lockclaims", "-o", "wide"},
            new String[] {"get", "events", "--sort-by=.lastTimestamp"},
            new String[] {
              "logs", "-l", "app=ticker", "--all-containers", "--prefix", "--tail=30"
            })) {
      try {
        System.out.println(kubectl(question));
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Override
  public void close() throws IOException {
    client.namespaces().withName(namespace).delete();
    // The next test shall not share the machine with pods that end.
    await("end of the pods").atMost(HANG_GUARD).until(() -> pods().isEmpty());
    try (var files = Files.list(records)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(records);
  }
}
