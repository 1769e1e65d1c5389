package dev.lockclaim.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/**
 * What the operator has seen. Written by the operator only, and only when something changed: there
 * is no heartbeat in it.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LockClaimStatus(
    @JsonPropertyDescription("The generation of the spec that this status is about.")
        Long observedGeneration,
    @JsonPropertyDescription("The pods that hold a slot, by slot.") @Size(max = 32)
        List<Holder> holders,
    @JsonPropertyDescription("How many pods hold the lock or stand in line for it.")
        Integer candidates,
    @JsonPropertyDescription("How many grants the operator has seen since the claim was made.")
        Long transitions,
    @JsonPropertyDescription("The times that follow from spec.lease.") Timing timing,
    @JsonPropertyDescription("What a restored etcd is recognised by.") Etcd etcd,
    @JsonPropertyDescription("Ready, Held, EtcdReachable and PodsInjected.") @Size(max = 16)
        List<Condition> conditions) {

  /** Copies the lists. */
  public LockClaimStatus {
    holders = holders == null ? null : List.copyOf(holders);
    conditions = conditions == null ? null : List.copyOf(conditions);
  }

  /** One pod that holds a slot. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Holder(
      @JsonPropertyDescription("The slot, from 0.") int slot,
      @JsonPropertyDescription("Name of the pod.") String podName,
      @JsonPropertyDescription("UID of the pod.") String podUID,
      @JsonPropertyDescription("Node that the pod runs on.") String nodeName,
      @JsonPropertyDescription(
              "The fencing token of the grant: strictly higher than that of every grant before it.")
          long token,
      @JsonPropertyDescription("When the lock was granted, RFC 3339.") String acquireTime) {}

  /** Worked-out times, counted from when the last good renewal was sent. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Timing(
      @JsonPropertyDescription("How often the lease is renewed, in milliseconds.")
          long renewIntervalMillis,
      @JsonPropertyDescription("Allowance for clocks that run at different rates, in milliseconds.")
          long marginMillis,
      @JsonPropertyDescription("Time in which a killed main is gone, in milliseconds.")
          long killMillis,
      @JsonPropertyDescription("Time between SIGTERM and SIGKILL, in seconds.")
          long stopGraceSeconds,
      @JsonPropertyDescription(
              "Without a further renewal main gets SIGTERM this many milliseconds after the last good one was sent.")
          long terminateAfterMillis,
      @JsonPropertyDescription("... and SIGKILL after this many.") long killAfterMillis,
      @JsonPropertyDescription("... and is gone after this many.") long goneAfterMillis,
      @JsonPropertyDescription(
              "How long etcd may be away without main being stopped, in milliseconds.")
          long outageRiddenOutMillis) {}

  /** What a restored etcd is recognised by. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Etcd(
      @JsonPropertyDescription("Cluster id of the etcd that the settings were written to.")
          String clusterId,
      @JsonPropertyDescription("The epoch of the settings; raised when etcd was restored.")
          long epoch,
      @JsonPropertyDescription("The highest fencing token that was seen.") long lastToken) {}

  /** One condition, by the conventions of Kubernetes. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Condition(
      @JsonPropertyDescription("Ready, Held, EtcdReachable or PodsInjected.") String type,
      @JsonPropertyDescription("True, False or Unknown.") String status,
      @JsonPropertyDescription("The generation of the spec that this condition is about.")
          Long observedGeneration,
      @JsonPropertyDescription("When the status last changed, RFC 3339.") String lastTransitionTime,
      @JsonPropertyDescription("Why, as one CamelCase word.") String reason,
      @JsonPropertyDescription("Why, as a sentence.") String message) {}
}
