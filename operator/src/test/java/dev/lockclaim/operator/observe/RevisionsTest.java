package dev.lockclaim.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.WithCluster;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Against a real API server; the test writes what a workload's controller would. */
@ExtendWith(WithCluster.class)
class RevisionsTest {
  private KubernetesClient client;
  private String namespace;
  private Revisions revisions;

  @BeforeEach
  void newNamespace(TestingCluster cluster) {
    client = cluster.client();
    namespace = cluster.newNamespace("revisions");
    revisions = new Revisions(client);
  }

  @Test
  void ofADeploymentItIsTheReplicaSetWithTheHighestRevision() {
    // Numbers, not texts: 10 is later than 9, and a roll-back makes an old ReplicaSet the newest.
    replicaSet("billing-aaa", "10");
    replicaSet("billing-bbb", "9");
    List<PodFacts> pods =
        List.of(pod("bbb", "ReplicaSet", "billing-bbb"), pod("aaa", "ReplicaSet", "billing-aaa"));
    assertThat(newest(pods)).isEqualTo("aaa");
  }

  @Test
  void ofAStatefulSetItIsTheControllerRevisionOfItsLabel() {
    controllerRevision("store-1", 1);
    controllerRevision("store-2", 2);
    List<PodFacts> pods =
        List.of(
            pod("store-2", "StatefulSet", "store"),
            pod("store-1", "StatefulSet", "store"),
            pod("store-1", "StatefulSet", "store"));
    assertThat(newest(pods)).isEqualTo("store-2");
  }

  @Test
  void ofADaemonSetTheLabelIsTheEndOfTheName() {
    controllerRevision("agent-x", 7);
    controllerRevision("agent-y", 6);
    List<PodFacts> pods = List.of(pod("x", "DaemonSet", "agent"), pod("y", "DaemonSet", "agent"));
    assertThat(newest(pods)).isEqualTo("x");
  }

  @Test
  void whatCannotBeToldIsNotGuessed() {
    assertThat(newest(List.of())).isEmpty();
    assertThat(newest(List.of(pod("", "ReplicaSet", "gone")))).isEmpty();
    assertThat(newest(List.of(pod("a", "ReplicaSet", "gone")))).isEqualTo("a"); // the only one
    assertThat(newest(List.of(pod("a", "ReplicaSet", "gone"), pod("b", "Job", "x")))).isEmpty();
    replicaSet("odd", "not a number");
    replicaSet("plain", "3");
    assertThat(newest(List.of(pod("a", "ReplicaSet", "odd"), pod("b", "ReplicaSet", "plain"))))
        .isEqualTo("b");
  }

  private String newest(List<PodFacts> pods) {
    return revisions.newest(namespace, pods);
  }

  private void replicaSet(String name, String revision) {
    client
        .resource(
            new ReplicaSetBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .addToAnnotations("deployment.kubernetes.io/revision", revision)
                .endMetadata()
                .withNewSpec()
                .withReplicas(0)
                .withNewSelector()
                .addToMatchLabels("app", name)
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", name)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("example")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build())
        .create();
  }

  private void controllerRevision(String name, long revision) {
    client
        .resource(
            new ControllerRevisionBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .withRevision(revision)
                .withData(java.util.Map.of("spec", "any"))
                .build())
        .create();
  }

  private static PodFacts pod(String revision, String ownerKind, String ownerName) {
    OwnerReference owner =
        new OwnerReferenceBuilder()
            .withKind(ownerKind)
            .withName(ownerName)
            .withController(true)
            .build();
    return new PodFacts(
        "p",
        "u",
        revision,
        Optional.of(owner),
        "",
        Optional.empty(),
        "",
        true,
        0,
        Optional.empty());
  }
}
