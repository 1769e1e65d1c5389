package dev.lockclaim.operator.apply;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.decide.HandoverPlan;
import dev.lockclaim.operator.etcd.EtcdProblem;
import dev.lockclaim.operator.etcd.LockWriter;
import dev.lockclaim.operator.observe.LockId;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.function.Consumer;

/**
 * The one writer of requests for a hand-over: brings them from the annotation to etcd, and takes
 * both away when they are answered.
 */
public final class HandoverWriter {
  private static final String ANNOTATION =
      "/metadata/annotations/" + Names.ANNOTATION_HANDOVER_TO.replace("/", "~1");

  private final KubernetesClient client;
  private final LockWriter etcd;
  private final Consumer<EventNote> events;

  public HandoverWriter(KubernetesClient client, LockWriter etcd, Consumer<EventNote> events) {
    this.client = client;
    this.etcd = etcd;
    this.events = events;
  }

  /** Does it. */
  public void carryOut(LockClaim claim, HandoverPlan plan) throws EtcdProblem {
    LockId lock = LockId.of(claim);
    switch (plan) {
      case HandoverPlan.Nothing() -> {
        return;
      }
      case HandoverPlan.Withdraw() -> etcd.deleteRequest(lock);
      case HandoverPlan.Start(var to, var id) -> {
        etcd.putRequest(lock, to, id);
        String whom = to.equals(Names.HANDOVER_TO_ANY) ? "the next in line" : "pod " + to;
        events.accept(
            EventNote.normal(
                claim,
                Names.EVENT_HANDOVER_STARTED,
                "The holder is asked to hand the lock over to " + whom + " (request " + id + ")."));
      }
      case HandoverPlan.Refuse(var annotation, var message) -> {
        etcd.deleteRequest(lock);
        removeAnnotation(claim, annotation);
        events.accept(EventNote.warning(claim, Names.EVENT_NO_CANDIDATE, message));
      }
      case HandoverPlan.Done(var annotation, var podName) -> {
        etcd.deleteRequest(lock);
        removeAnnotation(claim, annotation);
        events.accept(
            EventNote.normal(
                claim,
                Names.EVENT_HANDOVER_COMPLETED,
                "Pod " + podName + " holds the lock, as was asked."));
      }
    }
  }

  /** Unless it says something else by now. */
  private void removeAnnotation(LockClaim claim, String value) {
    ArrayNode operations = JsonNodeFactory.instance.arrayNode();
    String inFull = claim.getMetadata().getAnnotations().get(Names.ANNOTATION_HANDOVER_TO);
    operations
        .addObject()
        .put("op", "test")
        .put("path", ANNOTATION)
        .put("value", inFull == null ? value : inFull);
    operations.addObject().put("op", "remove").put("path", ANNOTATION);
    try {
      client
          .resources(LockClaim.class)
          .inNamespace(claim.getMetadata().getNamespace())
          .withName(claim.getMetadata().getName())
          .patch(PatchContext.of(PatchType.JSON), operations.toString());
    } catch (KubernetesClientException e) {
      if (e.getCode() != 404 && e.getCode() != 422) {
        throw e;
      }
    }
  }
}
