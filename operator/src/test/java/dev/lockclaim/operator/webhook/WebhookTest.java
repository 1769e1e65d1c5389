package dev.lockclaim.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.apply.EventWriter;
import dev.lockclaim.operator.certificates.CertificateKeeper;
import dev.lockclaim.operator.testing.LockClaims;
import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.WithCluster;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The whole webhook, called by a real API server over TLS with certificates that it made and
 * published itself.
 */
@ExtendWith(WithCluster.class)
class WebhookTest {
  private static final String RELEASE = "webhooktest";

  private TestingCluster cluster;
  private KubernetesClient client;
  private String namespace;
  private CertificateKeeper certificates;
  private EventWriter events;
  private ClaimCache claims;
  private WebhookServer server;
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

  @BeforeEach
  void start(TestingCluster cluster) throws IOException, GeneralSecurityException {
    this.cluster = cluster;
    client = cluster.client();
    namespace = cluster.newNamespace("webhook");
    certificates =
        new CertificateKeeper(
            client, namespace, RELEASE, List.of("localhost"), () -> true, Clock.systemUTC());
    events = new EventWriter(client, "test");
    claims = new ClaimCache(client);
    Injector injector = new Injector(InjectorTest.template());
    server =
        new WebhookServer(
            0,
            certificates.tls(),
            new AdmissionHandler(injector, claims::find, events::write, metrics));
    register(server.port());
    certificates.wakeUp();
    await().until(() -> certificates.ready() && claims.ready() && published());
  }

  @AfterEach
  void stop() {
    client.admissionRegistration().v1().mutatingWebhookConfigurations().withName(RELEASE).delete();
    client.resources(LockClaim.class).inNamespace(namespace).delete();
    server.close();
    claims.close();
    events.close();
    certificates.close();
  }

  private boolean published() {
    var webhook =
        client
            .admissionRegistration()
            .v1()
            .mutatingWebhookConfigurations()
            .withName(RELEASE)
            .get()
            .getWebhooks()
            .getFirst();
    return webhook.getClientConfig().getCaBundle() != null;
  }

  // As the chart does it, only that the API server is told a URL: there is no Service network here.
  private void register(int port) {
    client
        .resource(
            new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName(RELEASE)
                .endMetadata()
                .addNewWebhook()
                .withName("inject.lockclaim.dev")
                .withAdmissionReviewVersions("v1")
                .withSideEffects("NoneOnDryRun")
                .withFailurePolicy("Fail")
                .withReinvocationPolicy("IfNeeded")
                .withTimeoutSeconds(5)
                .withNewClientConfig()
                .withUrl("https://localhost:" + port + "/mutate")
                .endClientConfig()
                .withNewNamespaceSelector()
                .addToMatchLabels("kubernetes.io/metadata.name", namespace)
                .endNamespaceSelector()
                .withNewObjectSelector()
                .addNewMatchExpression()
                .withKey(Names.LABEL_CLAIM)
                .withOperator("Exists")
                .endMatchExpression()
                .endObjectSelector()
                .addNewRule()
                .withOperations("CREATE")
                .withApiGroups("")
                .withApiVersions("v1")
                .withResources("pods")
                .endRule()
                .endWebhook()
                .build())
        .create();
  }

  @Test
  void aPodGetsItsSidecarAndItsGate() {
    client.resource(LockClaims.named(namespace, "billing")).create();
    Pod pod = client.resource(pod("first", "/bin/main")).create();
    Container sidecar = pod.getSpec().getInitContainers().getLast();
    assertThat(sidecar.getName()).isEqualTo("lockclaim");
    assertThat(sidecar.getRestartPolicy()).isEqualTo("Always");
    assertThat(sidecar.getVolumeMounts())
        .extracting(VolumeMount::getName)
        .containsOnly("lockclaim", "lockclaim-etcd");
    assertThat(pod.getSpec().getContainers().getFirst().getCommand())
        .startsWith("/lockclaim/gate", "run")
        .endsWith("--", "/bin/main");
    assertThat(pod.getMetadata().getLabels()).containsEntry(Names.LABEL_ROLE, Names.ROLE_STANDBY);
    assertThat(pod.getMetadata().getAnnotations())
        .containsEntry(Names.ANNOTATION_STATUS, Names.STATUS_INJECTED);
    assertThat(
            metrics
                .counter(Names.METRIC_WEBHOOK_REQUESTS_TOTAL, "result", "injected", "reason", "")
                .count())
        .isPositive();
  }

  @Test
  void aClaimThatComesAMomentLaterIsWaitedFor() {
    Thread later =
        Thread.ofVirtual()
            .start(() -> client.resource(LockClaims.named(namespace, "billing")).create());
    Pod pod = client.resource(pod("early", "/bin/main")).create();
    assertThat(pod.getSpec().getInitContainers()).isNotEmpty();
    assertThat(later.isDaemon()).isTrue();
  }

  @Test
  void aRefusalIsReadInTheErrorAndInEvents() throws IOException, InterruptedException {
    client.resource(LockClaims.named(namespace, "billing")).create();
    Pod pod = pod("refused");
    var owner = new OwnerReferenceBuilder();
    pod.getMetadata()
        .setOwnerReferences(
            List.of(
                owner
                    .withApiVersion("apps/v1")
                    .withKind("ReplicaSet")
                    .withName("billing-1")
                    .withUid("u-1")
                    .withController(true)
                    .build()));
    assertThatThrownBy(() -> client.resource(pod).create())
        .hasMessageContaining("NoCommand: container main has no command");
    assertThatThrownBy(() -> client.resource(pod).create()).hasMessageContaining("NoCommand");
    await()
        .untilAsserted(
            () ->
                assertThat(client.v1().events().inNamespace(namespace).list().getItems())
                    .filteredOn(event -> event.getReason().equals(Names.EVENT_INJECTION_REJECTED))
                    .extracting(event -> event.getInvolvedObject().getKind())
                    .containsExactlyInAnyOrder("ReplicaSet", "LockClaim"));
    assertThat(
            cluster.kubectl(
                "",
                "run",
                "x",
                "-n",
                namespace,
                "--image=x",
                "--labels=lockclaim.dev/claim=billing"))
        .contains(
            "admission webhook \"inject.lockclaim.dev\" denied the request: NoCommand: container x has no command");
    assertThat(
            cluster.kubectl(
                "",
                "run",
                "x",
                "-n",
                namespace,
                "--image=x",
                "--labels=lockclaim.dev/claim=none",
                "--command",
                "--",
                "y"))
        .contains("NoSuchClaim: there is no LockClaim none in namespace " + namespace);
  }

  @Test
  void aPodThatDoesNotOptInIsNotTouched() {
    Pod pod = pod("plain", "/bin/main");
    pod.getMetadata().setLabels(null);
    assertThat(client.resource(pod).create().getSpec().getInitContainers()).isEmpty();
  }

  private Pod pod(String name, String... command) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .addToLabels(Names.LABEL_CLAIM, "billing")
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withName("main")
        .withImage("example:1")
        .withCommand(command)
        .endContainer()
        .endSpec()
        .build();
  }
}
