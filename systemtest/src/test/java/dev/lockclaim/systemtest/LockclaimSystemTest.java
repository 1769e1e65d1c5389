package dev.lockclaim.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The whole product on a real cluster, seen from outside: what main writes, and what kubectl shows.
 * Needs the chart installed as release lockclaim in lockclaim-system: see scripts/system-test.
 */
@Tag("system")
class LockclaimSystemTest {
  private static final String SYSTEM = "lockclaim-system";
  private static KubernetesClient client;

  private Ticker ticker;

  @BeforeAll
  static void connect() {
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(Path.of(Machine.KUBECONFIG).toFile()))
            .build();
  }

  @AfterAll
  static void disconnect() {
    client.close();
  }

  @BeforeEach
  void apply() throws IOException {
    ticker = new Ticker(client);
    ticker.awaitReady(3);
  }

  @AfterEach
  void judge() throws IOException {
    try (Ticker closed = ticker) {
      closed.assertOneAtATime();
    }
  }

  @Test
  void allAreReadyOneIsActiveAndTheClaimNamesIt() {
    Span active = ticker.awaitActive();
    assertThat(ticker.verdict().spans()).hasSize(1);
    await("the claim names pod and token")
        .atMost(Ticker.HANG_GUARD)
        .untilAsserted(
            () ->
                assertThat(
                        Machine.kubectl(
                            "-n", ticker.namespace(), "get", "lockclaims", "ticker", "-o", "wide"))
                    .contains(" " + active.pod() + " ")
                    .contains(" " + active.token() + " "));
    await("the pod says that it is active")
        .atMost(Ticker.HANG_GUARD)
        .until(
            () ->
                Machine.kubectl(
                        "-n",
                        ticker.namespace(),
                        "get",
                        "pods",
                        "-l",
                        "lockclaim.dev/role=active",
                        "-o",
                        "name")
                    .trim(),
            ("pod/" + active.pod())::equals);
  }

  @Test
  void theNextTakesOverFromADeletedPod() {
    Span first = ticker.awaitActive();
    ticker.deletePod(first.pod());
    Span next = ticker.awaitActive(first.token());
    assertThat(next.pod()).isNotEqualTo(first.pod());
    report("take-over after delete", next);
    assertThat(ended(first)).as("main was stopped, not killed").isTrue();
    ticker.awaitReady(3);
  }

  @Test
  void aPodThatIsKilledWholeIsTakenOver() {
    Span first = ticker.awaitActive();
    Machine.killPod(ticker.namespace(), first.pod());
    report(
        "take-over after SIGKILL of the whole pod (TTL + 1 s is 11000 ms)",
        ticker.awaitActive(first.token()));
  }

  @Test
  void aRolloutCompletes() {
    Span first = ticker.awaitActive();
    ticker.restart();
    Machine.kubectl(
        "-n", ticker.namespace(), "rollout", "status", "deployment/ticker", "--timeout=55s");
    report("take-over in a roll-out", ticker.awaitActive(first.token()));
  }

  @Test
  void aStandbyTakesOverWithTheOperatorDown() {
    Span first = ticker.awaitActive();
    scaleOperator(0);
    try {
      await("end of the operator")
          .atMost(Ticker.HANG_GUARD)
          .until(
              () ->
                  client
                      .pods()
                      .inNamespace(SYSTEM)
                      .withLabel("app.kubernetes.io/component", "operator")
                      .list()
                      .getItems()
                      .isEmpty());
      ticker.deletePod(first.pod());
      Span next = ticker.awaitActive(first.token());
      assertThat(next.pod()).isNotEqualTo(first.pod());
      // failurePolicy Fail: without the webhook there is no new pod, since it would be a second
      // active one.
      await("the deleted pod is gone")
          .atMost(Ticker.HANG_GUARD)
          .until(
              () -> client.pods().inNamespace(ticker.namespace()).withName(first.pod()).get(),
              pod -> pod == null);
      assertThat(ticker.pods()).hasSize(2);
    } finally {
      scaleOperator(2);
      Machine.kubectl("-n", SYSTEM, "rollout", "status", "deployment/lockclaim", "--timeout=55s");
    }
    ticker.awaitReady(3);
  }

  @Test
  void mainRunsOnWhenItsSidecarIsKilled() {
    Span first = ticker.awaitActive();
    Machine.killPod(ticker.namespace(), first.pod(), "lockclaim");
    await("the sidecar is started again")
        .atMost(Ticker.HANG_GUARD)
        .until(
            () ->
                podOf(first).getStatus().getInitContainerStatuses().stream()
                    .anyMatch(status -> status.getRestartCount() > 0 && status.getReady()));
    // Longer than the lease: the new sidecar must have renewed it.
    Span later =
        await("main outlives its lease")
            .atMost(Ticker.HANG_GUARD)
            .until(
                ticker::last,
                span ->
                    !span.start().equals(first.start())
                        || span.lastMillis() > first.lastMillis() + 15_000);
    assertThat(later.start()).isEqualTo(first.start());
    assertThat(later.token()).isEqualTo(first.token());
  }

  @Test
  void aMainThatFailsIsRestartedAndAnotherPodTakesOver() throws IOException {
    Span first = ticker.awaitActive();
    ticker.exitMain(first.pod());
    Span next = ticker.awaitActive(first.token());
    assertThat(next.pod()).isNotEqualTo(first.pod());
    await("the container is started again")
        .atMost(Ticker.HANG_GUARD)
        .until(
            () ->
                podOf(first).getStatus().getContainerStatuses().stream()
                    .anyMatch(
                        status ->
                            status.getRestartCount() == 1
                                && status.getLastState().getTerminated() != null
                                && status.getLastState().getTerminated().getExitCode() == 3));
    ticker.awaitReady(3);
  }

  // The chart's own etcd goes and comes back empty: the holder loses the lock, the new one must get
  // a higher token all the same.
  @Test
  void anUninstallAndAnInstallLoseNothing() {
    Span first = ticker.awaitActive();
    Machine.helm("uninstall", "lockclaim", "-n", SYSTEM, "--wait", "--timeout", "55s");
    Machine.helm(
        "install",
        "lockclaim",
        "helm/lockclaim",
        "-n",
        SYSTEM,
        "--set",
        "etcd.enabled=true",
        "--wait",
        "--timeout",
        "55s");
    report("active again after uninstall and install", ticker.awaitActive(first.token()));
    ticker.awaitReady(3);
  }

  private Pod podOf(Span span) {
    return client.pods().inNamespace(ticker.namespace()).withName(span.pod()).get();
  }

  private boolean ended(Span span) {
    return ticker.verdict().spans().stream()
        .anyMatch(other -> other.start().equals(span.start()) && other.ended());
  }

  private static void scaleOperator(int replicas) {
    Machine.kubectl("-n", SYSTEM, "scale", "deployment/lockclaim", "--replicas=" + replicas);
  }

  // Times are told, never judged: a busy machine is no fault of the lock.
  private void report(String what, Span next) {
    Span before =
        ticker.verdict().spans().stream()
            .filter(span -> span.firstMillis() < next.firstMillis())
            .reduce((a, b) -> b)
            .orElseThrow();
    System.out.printf(
        "system test: %s: %d ms from main's last record to the next main's first%n",
        what, next.firstMillis() - before.lastMillis());
  }
}
