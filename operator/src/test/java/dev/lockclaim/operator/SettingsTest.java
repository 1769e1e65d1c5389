package dev.lockclaim.operator;

import static dev.lockclaim.operator.testing.TestingClaim.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.crds.LockClaimSpec;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.operator.testing.TestingPods;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

/** What a LockClaim says reaches etcd, and its status. */
class SettingsTest extends WithOperator {
  @Test
  void aNewClaimHasSettingsConditionsTimesAndASecret() {
    claim.create();
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    assertThat(lock.get("settings").get())
        .matches(
            "\\{\"v\":1,\"slots\":1,\"delaySeconds\":0,\"prefer\":\"NewestRevision\",\"newestRevision\":\"\",\"suspend\":false,\"epoch\":0,"
                + "\"clusterId\":\"[0-9a-f]{16}\",\"claim\":\""
                + claim.get().getMetadata().getUid()
                + "\"}");
    claim.awaitCondition("Ready", "True", "NoCandidate");
    claim.awaitCondition("Held", "False", "NoCandidate");
    claim.awaitCondition("EtcdReachable", "True", "Reachable");
    claim.awaitCondition("PodsInjected", "True", "NoPods");
    assertThat(claim.status().observedGeneration()).isEqualTo(1);
    assertThat(claim.status().timing())
        .isEqualTo(new LockClaimStatus.Timing(2000, 150, 500, 3, 6350, 9350, 9850, 3850));
    assertThat(claim.awaitEtcdSecret()).containsOnlyKeys("endpoints", "prefix");
  }

  @Test
  void aChangedClaimChangesTheSettingsAndNothingElseDoes() {
    claim.create();
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    LockClaimSpec all = LockClaimSpec.defaults();
    LockClaimSpec changed =
        new LockClaimSpec(
            3,
            new LockClaimSpec.Lease(20, 4, 7),
            all.gate(),
            new LockClaimSpec.Handover(LockClaimSpec.Prefer.FirstInLine),
            true);
    claim.change(changed);
    await()
        .atMost(SOON)
        .until(
            () ->
                lock.get("settings")
                    .get()
                    .contains("\"slots\":3,\"delaySeconds\":7,\"prefer\":\"FirstInLine\""));
    assertThat(lock.get("settings").get()).contains("\"suspend\":true");
    claim.awaitCondition("Held", "False", "Suspended");
    await().atMost(SOON).until(() -> claim.status().observedGeneration() == 2);
    String settled = claim.get().getMetadata().getResourceVersion();
    // A pod's event makes the operator look; as nothing is different it writes nothing.
    Pod pod = TestingPods.injected(client, namespace, "x", "billing");
    claim.awaitCondition("PodsInjected", "True", "AllInjected");
    String afterPod = claim.get().getMetadata().getResourceVersion();
    assertThat(afterPod).isNotEqualTo(settled);
    client
        .resource(pod)
        .edit(
            there ->
                new PodBuilder(there)
                    .editMetadata()
                    .addToAnnotations("seen", "1")
                    .endMetadata()
                    .build());
    lock.join("x", uid(pod));
    claim.awaitCandidates(1);
    assertThat(claim.get().getMetadata().getManagedFields())
        .filteredOn(fields -> "status".equals(fields.getSubresource()))
        .singleElement()
        .satisfies(fields -> assertThat(fields.getManager()).isEqualTo("lockclaim-operator"));
  }

  @Test
  void theLedgerOfASlotThatIsTakenAwayStaysForTheDelayHoldsWhenTheSlotComesBack() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    claim.create(spec(2, false));
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    lock.grant(1, 0, "a", uid(a), "queue");
    claim.awaitCondition("Held", "True", "Held");
    lock.lose(1);
    claim.change(spec(1, false));
    await().atMost(SOON).until(() -> lock.get("settings").get().contains("\"slots\":1"));
    // One more change: what there is to be done for the first is done when the next one is seen.
    claim.change(spec(1, true));
    await().atMost(SOON).until(() -> lock.get("settings").get().contains("\"suspend\":true"));
    assertThat(lock.get("ledger/1")).isPresent();
  }

  private static LockClaimSpec spec(int slots, boolean suspend) {
    LockClaimSpec all = LockClaimSpec.defaults();
    return new LockClaimSpec(
        slots, new LockClaimSpec.Lease(20, 4, 7), all.gate(), all.handover(), suspend);
  }

  @Test
  void aDeletedClaimGrantsNobodyAndLeavesTheHolder() {
    Pod a = TestingPods.injected(client, namespace, "a", "billing");
    claim.create();
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    lock.grant(0, 0, "a", uid(a), "queue");
    claim.awaitCondition("Held", "True", "Held");
    claim.delete();
    await().atMost(SOON).until(() -> lock.get("settings").isEmpty());
    assertThat(lock.get("holder/0")).isPresent();
    assertThat(lock.view().ledgers()).containsOnlyKeys(0);
  }

  @Test
  void t17AClaimMadeAnewGoesOnInTheEpochThatItsLockHadReached() {
    claim.create();
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    lock.put("settings", lock.get("settings").get().replace("\"epoch\":0", "\"epoch\":1"));
    await().atMost(SOON).until(() -> claim.status().etcd().epoch() == 1);
    claim.delete();
    await().atMost(SOON).until(() -> lock.get("settings").isEmpty());
    claim.create();
    await().atMost(SOON).until(() -> lock.get("settings").isPresent());
    assertThat(lock.get("settings").get()).contains("\"epoch\":1");
    // No slot that it has: the first grant waits for no delay.
    assertThat(lock.view().ledgers()).containsOnlyKeys(32);
  }
}
