package dev.lockclaim.crds;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A lock that the pods of a workload stand in line for. Pods opt in by the label {@link
 * Names#LABEL_CLAIM} with the name of the claim; main runs only in the pods that hold one of its
 * slots.
 *
 * <p>Spec and status are immutable records; a field that the user left out is null until the API
 * server has filled in the default.
 */
@Group(Names.GROUP)
@Version(Names.VERSION)
@ShortNames("lclaim")
@Categories("lockclaim")
@AdditionalPrinterColumn(name = "HELD", jsonPath = ".status.conditions[?(@.type==\"Held\")].status")
@AdditionalPrinterColumn(name = "HOLDER", jsonPath = ".status.holders[0].podName")
@AdditionalPrinterColumn(
    name = "CANDIDATES",
    jsonPath = ".status.candidates",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "SINCE",
    jsonPath = ".status.holders[0].acquireTime",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "AGE",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "TOKEN",
    jsonPath = ".status.holders[0].token",
    type = AdditionalPrinterColumn.Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(
    name = "TRANSITIONS",
    jsonPath = ".status.transitions",
    type = AdditionalPrinterColumn.Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(name = "MODE", jsonPath = ".spec.gate.mode", priority = 1)
@AdditionalPrinterColumn(
    name = "REASON",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    priority = 1)
@ValidationRule(
    value = "size(self.metadata.name) <= 63",
    message =
        "metadata.name must have at most 63 characters, since pods name the claim in the label lockclaim.dev/claim: choose a shorter name")
public final class LockClaim extends CustomResource<LockClaimSpec, LockClaimStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  // Records have no empty instance to begin with; whoever makes a LockClaim sets its spec.
  @Override
  protected LockClaimSpec initSpec() {
    return null;
  }

  @Override
  protected LockClaimStatus initStatus() {
    return null;
  }
}
