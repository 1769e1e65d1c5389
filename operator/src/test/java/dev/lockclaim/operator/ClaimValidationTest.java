package dev.lockclaim.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.operator.testing.TestingCluster;
import dev.lockclaim.operator.testing.WithCluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the real API server says to good and bad LockClaims. */
@ExtendWith(WithCluster.class)
class ClaimValidationTest {
  private static final String CLAIM =
      "apiVersion: lockclaim.dev/v1alpha1\nkind: LockClaim\nmetadata: {name: %s, namespace: default}\n";

  @AfterEach
  void deleteClaims(TestingCluster cluster) {
    cluster.client().resources(LockClaim.class).inNamespace("default").delete();
  }

  @Test
  void aClaimWithNothingInItHasAllDefaults(TestingCluster cluster) {
    GenericKubernetesResource claim =
        cluster
            .client()
            .genericKubernetesResources("lockclaim.dev/v1alpha1", "LockClaim")
            .load(
                new java.io.ByteArrayInputStream(
                    CLAIM.formatted("plain").getBytes(java.nio.charset.StandardCharsets.UTF_8)))
            .create();
    assertThat(claim.getAdditionalProperties().get("spec").toString())
        .isEqualTo(
            "{gate={mode=Process, onLoss=Hold}, handover={prefer=NewestRevision}, lease={delaySeconds=0, durationSeconds=10},"
                + " slots=1, suspend=false}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{lease: {durationSeconds: 5}}",
        "{lease: {durationSeconds: 6}}",
        "{lease: {durationSeconds: 7}}",
        "{lease: {durationSeconds: 8, stopGraceSeconds: 3}}",
        "{lease: {durationSeconds: 600, stopGraceSeconds: 300}}",
        "{lease: {stopGraceSeconds: 0, delaySeconds: 3600}, slots: 32}",
        "{gate: {mode: Process, containers: [a, b], onLoss: Restart}, handover: {prefer: FirstInLine}, suspend: true}",
      })
  void goodClaimsAreLetIn(String spec, TestingCluster cluster)
      throws IOException, InterruptedException {
    assertThat(apply(cluster, spec)).contains("created").doesNotContain("unknown field", "Invalid");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{slots: 0} | spec.slots | greater than or equal to 1",
        "{slots: 33} | spec.slots | less than or equal to 32",
        "{slots: many} | spec.slots | must be of type integer",
        "{lease: {durationSeconds: 4}} | spec.lease.durationSeconds | greater than or equal to 5",
        "{lease: {durationSeconds: 601}} | spec.lease.durationSeconds | less than or equal to 600",
        "{lease: {stopGraceSeconds: -1}} | spec.lease.stopGraceSeconds | greater than or equal to 0",
        "{lease: {durationSeconds: 600, stopGraceSeconds: 301}} | spec.lease.stopGraceSeconds | less than or equal to 300",
        "{lease: {delaySeconds: -1}} | spec.lease.delaySeconds | greater than or equal to 0",
        "{lease: {delaySeconds: 3601}} | spec.lease.delaySeconds | less than or equal to 3600",
        "{lease: {durationSeconds: 10, stopGraceSeconds: 5}} | spec.lease | only 1850 ms",
        "{lease: {durationSeconds: 10, stopGraceSeconds: 5}} | spec.lease | set durationSeconds to 11 or more",
        "{lease: {durationSeconds: 5, stopGraceSeconds: 3}} | spec.lease | set durationSeconds to 8 or more",
        "{gate: {mode: Container}} | spec.gate.mode | supported values: \"Process\"",
        "{gate: {onLoss: Panic}} | spec.gate.onLoss | supported values: \"Hold\", \"Restart\"",
        "{gate: {containers: [a, b, a]}} | spec.gate.containers | names a container twice",
        "{gate: {containers: ['']}} | spec.gate.containers[0] | at least 1 chars long",
        "{handover: {prefer: Best}} | spec.handover.prefer | supported values",
        "{suspend: 3} | spec.suspend | must be of type boolean",
        "{lease: {duration: 10}} | spec.lease.duration | unknown field",
        "{lease: {durationSeconds: 9.5}} | spec.lease.durationSeconds | must be of type integer",
        "{lease: {durationSeconds: 5, stopGraceSeconds: 2}} | spec.lease | only 1150 ms",
        "{lease: {durationSeconds: 5, stopGraceSeconds: 2}} | spec.lease | durationSeconds 5 s - margin (50 ms + 1 %) - kill 500 ms - stopGraceSeconds 2 s",
        "{lease: {durationSeconds: 5, stopGraceSeconds: 2}} | spec.lease | set durationSeconds to 7 or more",
        "{lease: {durationSeconds: 5, stopGraceSeconds: 300}} | spec.lease | set durationSeconds to 409 or more",
        "{lease: 10} | spec.lease | must be of type object",
        "{gate: {mode: Cooperative}} | spec.gate.mode | supported values: \"Process\"",
        "{gate: {containers: worker}} | spec.gate.containers | must be of type array",
        "{gate: {containers: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q]}} | spec.gate.containers | must have at most 16 items",
        "{service: {name: x}} | spec.service | unknown field",
        "{slots: 99999999999} | spec.slots | less than or equal to 32",
      })
  void badClaimsAreRefusedWithTheFieldAndTheFix(
      String spec, String field, String fix, TestingCluster cluster)
      throws IOException, InterruptedException {
    assertThat(apply(cluster, spec)).contains(field).contains(fix).doesNotContain("created");
  }

  @Test
  void aNameThatDoesNotFitIntoALabelIsRefused(TestingCluster cluster)
      throws IOException, InterruptedException {
    assertThat(cluster.kubectl(CLAIM.formatted("a".repeat(64)), "create", "-f", "-"))
        .contains("metadata.name", "at most 63 characters");
  }

  @Test
  void theColumnsAreThoseThatPeopleReadFirst(TestingCluster cluster)
      throws IOException, InterruptedException {
    cluster.kubectl(CLAIM.formatted("columns"), "create", "-f", "-");
    assertThat(cluster.kubectl("", "get", "lclaim", "columns"))
        .containsPattern("NAME +HELD +HOLDER +CANDIDATES +SINCE +AGE");
    assertThat(cluster.kubectl("", "get", "lockclaims", "columns", "-o", "wide"))
        .containsPattern("AGE +TOKEN +TRANSITIONS +MODE +REASON");
    assertThat(cluster.kubectl("", "get", "lockclaim", "-A")).contains("columns");
  }

  private static String apply(TestingCluster cluster, String spec)
      throws IOException, InterruptedException {
    return cluster.kubectl(
        CLAIM.formatted("tried") + "spec: " + spec + "\n",
        "create",
        "--dry-run=server",
        "--validate=strict",
        "-f",
        "-");
  }
}
