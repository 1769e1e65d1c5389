package dev.lockclaim.operator.apply;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.decide.Roles;
import dev.lockclaim.operator.observe.PodFacts;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of roles: the label, the token that it was written for, and the deletion cost of
 * holders.
 */
public final class RoleWriter {
  private static final Logger LOG = LoggerFactory.getLogger(RoleWriter.class);

  private final KubernetesClient client;

  public RoleWriter(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Writes the changes in this order. Each fails if the pod's token is no longer the one that was
   * decided from: then somebody who knew better was faster, and the pod's own event brings the next
   * look.
   */
  public void write(String namespace, List<Roles.Change> changes) {
    for (Roles.Change change : changes) {
      try {
        client
            .pods()
            .inNamespace(namespace)
            .withName(change.pod().name())
            .patch(PatchContext.of(PatchType.JSON), patch(change));
        LOG.info(
            "Pod {}/{} is {} (token {})",
            namespace,
            change.pod().name(),
            change.role(),
            change.token());
      } catch (KubernetesClientException e) {
        if (e.getCode() != 404 && e.getCode() != 422) {
          throw e;
        }
        LOG.info(
            "Pod {}/{} not labelled {}: it is gone, or was labelled for another token: {}",
            namespace,
            change.pod().name(),
            change.role(),
            e.getMessage());
      }
    }
  }

  private static String patch(Roles.Change change) {
    PodFacts pod = change.pod();
    ArrayNode operations = JsonNodeFactory.instance.arrayNode();
    operations.addObject().put("op", "test").put("path", "/metadata/uid").put("value", pod.uid());
    pod.token()
        .ifPresent(
            token ->
                operation(
                    operations, "test", annotation(Names.ANNOTATION_TOKEN), Long.toString(token)));
    operation(operations, "add", "/metadata/labels/" + escape(Names.LABEL_ROLE), change.role());
    operation(operations, "add", annotation(Names.ANNOTATION_TOKEN), Long.toString(change.token()));
    boolean costIsOurs = pod.deletionCost().equals(Roles.HOLDER_DELETION_COST);
    if (change.active() && pod.deletionCost().isEmpty()) {
      operation(operations, "add", annotation(PodFacts.DELETION_COST), Roles.HOLDER_DELETION_COST);
    } else if (!change.active() && costIsOurs) {
      operations.addObject().put("op", "remove").put("path", annotation(PodFacts.DELETION_COST));
    }
    return operations.toString();
  }

  private static void operation(ArrayNode operations, String op, String path, String value) {
    operations.addObject().put("op", op).put("path", path).put("value", value);
  }

  private static String annotation(String name) {
    return "/metadata/annotations/" + escape(name);
  }

  private static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
