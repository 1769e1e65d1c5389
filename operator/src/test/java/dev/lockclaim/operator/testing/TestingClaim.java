package dev.lockclaim.operator.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.crds.LockClaimStatus.Condition;
import dev.lockclaim.crds.Names;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The LockClaim billing of a namespace, and what its user sees of it. */
public final class TestingClaim {
  /** Within this, what is to come has come. */
  public static final Duration SOON = Duration.ofSeconds(40);

  private static final String NAME = "billing";

  private final KubernetesClient client;
  private final String namespace;

  public TestingClaim(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  public void create() {
    create(LockClaimSpec.defaults());
  }

  public void create(LockClaimSpec spec) {
    client.resource(LockClaims.with(namespace, NAME, spec)).create();
  }

  public void change(LockClaimSpec spec) {
    resource()
        .edit(
            claim -> {
              claim.setSpec(spec);
              return claim;
            });
  }

  /** Asks for a hand-over. */
  public void askFor(String pod) {
    resource()
        .edit(
            claim -> {
              claim.getMetadata().setAnnotations(Map.of(Names.ANNOTATION_HANDOVER_TO, pod));
              return claim;
            });
  }

  /** Whether a hand-over is asked for. */
  public boolean asks() {
    Map<String, String> annotations = get().getMetadata().getAnnotations();
    return annotations != null && annotations.containsKey(Names.ANNOTATION_HANDOVER_TO);
  }

  public void delete() {
    resource().delete();
  }

  public LockClaim get() {
    return resource().get();
  }

  /** An empty one before the first. */
  public LockClaimStatus status() {
    return Optional.ofNullable(get().getStatus())
        .orElseGet(() -> new LockClaimStatus(null, null, null, null, null, null, List.of()));
  }

  public Condition condition(String type) {
    return status().conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElseThrow();
  }

  public void awaitCondition(String type, String status, String reason) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(status().conditions())
                    .filteredOn(condition -> condition.type().equals(type))
                    .singleElement()
                    .extracting(Condition::status, Condition::reason)
                    .containsExactly(status, reason));
  }

  public void awaitCandidates(int candidates) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(status().candidates()).isEqualTo(candidates));
  }

  /** Waits for an event about an object of this kind, with this in its message. */
  public void awaitEvent(String kind, String reason, String text) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(client.v1().events().inNamespace(namespace).list().getItems())
                    .filteredOn(event -> event.getInvolvedObject().getKind().equals(kind))
                    .filteredOn(event -> event.getReason().equals(reason))
                    .extracting(Event::getMessage)
                    .anyMatch(message -> message.contains(text)));
  }

  public Pod pod(String name) {
    return client.pods().inNamespace(namespace).withName(name).get();
  }

  /**
   * Waits for the label.
   *
   * @param token that it is to be written for; null for any
   */
  public void awaitRole(String pod, String role, Long token) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(pod(pod).getMetadata().getLabels()).containsEntry(Names.LABEL_ROLE, role);
              if (token != null) {
                assertThat(pod(pod).getMetadata().getAnnotations())
                    .containsEntry(Names.ANNOTATION_TOKEN, token.toString());
              }
            });
  }

  /** Waits for the Secret by which pods reach etcd, and gives back what is in it. */
  public Map<String, String> awaitEtcdSecret() {
    return await().atMost(SOON).until(this::etcdSecret, Optional::isPresent).orElseThrow();
  }

  /** What is in the Secret by which pods reach etcd. */
  public Optional<Map<String, String>> etcdSecret() {
    return Optional.ofNullable(
            client.secrets().inNamespace(namespace).withName(Names.ETCD_SECRET).get())
        .map(
            secret ->
                secret.getData().entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, data -> decode(data.getValue()))));
  }

  private static String decode(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private Resource<LockClaim> resource() {
    return client.resources(LockClaim.class).inNamespace(namespace).withName(NAME);
  }
}
