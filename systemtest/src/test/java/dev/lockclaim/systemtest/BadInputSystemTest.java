package dev.lockclaim.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Mistakes that can only be made on a whole cluster are said where their user looks. What the API
 * server alone refuses is tested in operator/, what the chart refuses in helm/test.
 */
@Tag("system")
class BadInputSystemTest {
  private static KubernetesClient client;
  private final String namespace =
      "lockclaim-bad-input-" + UUID.randomUUID().toString().substring(0, 8);

  @BeforeAll
  static void connect() {
    client = Machine.client();
  }

  @AfterAll
  static void disconnect() {
    client.close();
  }

  @BeforeEach
  void createNamespace() {
    Ticker.createNamespace(client, namespace);
  }

  @AfterEach
  void deleteNamespace() {
    client.namespaces().withName(namespace).delete();
  }

  @Test
  void aPodThatNamesNoClaimIsRefusedWithAnEventOnItsOwner() {
    createDeployment(true);
    assertThat(refusal())
        .contains("there is no LockClaim ticker in namespace " + namespace)
        .doesNotContain("has no command");
    assertThat(client.pods().inNamespace(namespace).list().getItems()).isEmpty();
  }

  @Test
  void aPodWithoutACommandIsRefusedWithAnEventOnItsOwner() {
    createClaim();
    createDeployment(false);
    assertThat(refusal())
        .contains("container main has no command")
        .contains("command: [\"/path/to/program\"]");
    assertThat(client.pods().inNamespace(namespace).list().getItems()).isEmpty();
  }

  /** The installation is everybody's, and has to be itself again at the end. */
  @Test
  void aWrongEtcdEndpointInTheChartIsSaidByTheClaim() {
    createClaim();
    try {
      Installation.upgrade("etcd.endpoints={http://127.0.0.1:1}");
      await("the claim says what is wrong")
          .atMost(Ticker.HANG_GUARD)
          .untilAsserted(
              () ->
                  assertThat(condition("EtcdReachable"))
                      .startsWith("False EtcdUnreachable ")
                      .contains("127.0.0.1:1"));
      await("an event as well")
          .atMost(Ticker.HANG_GUARD)
          .until(
              () -> events("LockClaim").stream().map(Event::getReason).toList(),
              reasons -> reasons.contains("EtcdUnreachable"));
    } finally {
      Installation.install();
    }
    await("the claim says that all is well")
        .atMost(Ticker.HANG_GUARD)
        .untilAsserted(() -> assertThat(condition("EtcdReachable")).startsWith("True "));
  }

  private void createClaim() {
    client.resource(Ticker.exampleClaim()).inNamespace(namespace).create();
  }

  private void createDeployment(boolean withCommand) {
    var deployment = Ticker.exampleDeployment();
    client
        .resource(
            withCommand
                ? deployment
                : new DeploymentBuilder(deployment)
                    .editSpec()
                    .editTemplate()
                    .editSpec()
                    .editFirstContainer()
                    .withCommand(List.of())
                    .endContainer()
                    .endSpec()
                    .endTemplate()
                    .endSpec()
                    .build())
        .inNamespace(namespace)
        .create();
  }

  /** What the event on the ReplicaSet says. */
  private String refusal() {
    return await("an event on the pods' owner")
        .atMost(Ticker.HANG_GUARD)
        .until(
            () ->
                events("ReplicaSet").stream()
                    .filter(event -> event.getReason().equals("InjectionRejected"))
                    .map(Event::getNote)
                    .findFirst()
                    .orElse(""),
            note -> !note.isEmpty());
  }

  private List<Event> events(String kind) {
    return client.events().v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(event -> event.getRegarding().getKind().equals(kind))
        .toList();
  }

  private String condition(String type) {
    String fields = "{.status} {.reason} {.message}";
    return Machine.kubectl(
        "-n",
        namespace,
        "get",
        "lockclaim",
        "ticker",
        "-o",
        "jsonpath={range .status.conditions[?(@.type==\"" + type + "\")]}" + fields + "{end}");
  }
}
