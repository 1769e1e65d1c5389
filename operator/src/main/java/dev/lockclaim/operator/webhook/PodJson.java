package dev.lockclaim.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockclaim.crds.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A view of a raw pod by the paths that the injector needs. Changes go through to the tree. */
record PodJson(ObjectNode root) {

  String label(String name) {
    return root.path("metadata").path("labels").path(name).asText("");
  }

  String annotation(String name) {
    return root.path("metadata").path("annotations").path(name).asText("");
  }

  void setLabel(String name, String value) {
    root.withObjectProperty("metadata").withObjectProperty("labels").put(name, value);
  }

  void setAnnotation(String name, String value) {
    root.withObjectProperty("metadata").withObjectProperty("annotations").put(name, value);
  }

  ObjectNode spec() {
    return root.withObjectProperty("spec");
  }

  List<ObjectNode> containers() {
    return objects(root.path("spec").path("containers"));
  }

  List<ObjectNode> initContainers() {
    return objects(root.path("spec").path("initContainers"));
  }

  List<ObjectNode> allContainers() {
    List<ObjectNode> all = new ArrayList<>(initContainers());
    all.addAll(containers());
    return all;
  }

  List<ObjectNode> volumes() {
    return objects(root.path("spec").path("volumes"));
  }

  /**
   * Whether the webhook has been here before (or the pod was copied from one where it had been).
   */
  boolean injected() {
    return annotation(Names.ANNOTATION_STATUS).equals(Names.STATUS_INJECTED);
  }

  Optional<ObjectNode> sidecar() {
    return named(initContainers(), Names.SIDECAR_CONTAINER);
  }

  long terminationGraceSeconds() {
    return root.path("spec").path("terminationGracePeriodSeconds").asLong(30);
  }

  /** The pod's revision as its owner marks it, empty if it has none. */
  String revision() {
    String hash = label("pod-template-hash");
    return hash.isEmpty() ? label("controller-revision-hash") : hash;
  }

  static String name(ObjectNode named) {
    return named.path("name").asText("");
  }

  static Optional<ObjectNode> named(List<ObjectNode> list, String name) {
    return list.stream().filter(element -> name(element).equals(name)).findFirst();
  }

  static List<ObjectNode> objects(JsonNode array) {
    List<ObjectNode> objects = new ArrayList<>();
    array.forEach(
        element -> {
          if (element instanceof ObjectNode object) {
            objects.add(object);
          }
        });
    return objects;
  }

  static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(element -> strings.add(element.asText()));
    return strings;
  }

  /**
   * Puts an element with this name into the list at parent.field: appended if there is none, else
   * in the place of the one that is there. One that is there and says everything that ours says
   * stays as it is: the API server fills defaults into what we put there before.
   */
  static void put(ObjectNode parent, String field, ObjectNode element) {
    ArrayNode list = array(parent, field);
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i) instanceof ObjectNode there && name(there).equals(name(element))) {
        if (!saysAll(there, element)) {
          list.set(i, element);
        }
        return;
      }
    }
    list.add(element);
  }

  /** The list at parent.field, made if it is absent or null. */
  static ArrayNode array(ObjectNode parent, String field) {
    if (parent.get(field) instanceof ArrayNode list) {
      return list;
    }
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    parent.set(field, list);
    return list;
  }

  private static boolean saysAll(JsonNode there, JsonNode wanted) {
    if (there instanceof ObjectNode object && wanted instanceof ObjectNode members) {
      return members.properties().stream()
          .allMatch(
              member ->
                  object.has(member.getKey())
                      && saysAll(object.get(member.getKey()), member.getValue()));
    }
    if (there instanceof ArrayNode list && wanted instanceof ArrayNode elements) {
      if (list.size() != elements.size()) {
        return false;
      }
      for (int i = 0; i < list.size(); i++) {
        if (!saysAll(list.get(i), elements.get(i))) {
          return false;
        }
      }
      return true;
    }
    return there.equals(wanted);
  }
}
