package dev.lockclaim.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The JSON Patch (RFC 6902) between two trees that differ as the injector makes them differ:
 * members added, replaced or removed, list elements changed in place or appended. Other differences
 * of lists are replaced whole.
 */
final class JsonDiff {
  private final ArrayNode operations = JsonNodeFactory.instance.arrayNode();

  private JsonDiff() {}

  static ArrayNode between(JsonNode before, JsonNode after) {
    JsonDiff diff = new JsonDiff();
    diff.compare("", before, after);
    return diff.operations;
  }

  private void compare(String path, JsonNode before, JsonNode after) {
    if (before.equals(after)) {
      return;
    }
    if (before instanceof ObjectNode from && after instanceof ObjectNode to) {
      from.fieldNames()
          .forEachRemaining(
              name -> {
                if (!to.has(name)) {
                  operations.addObject().put("op", "remove").put("path", path + "/" + escape(name));
                }
              });
      to.properties()
          .forEach(
              member -> {
                String place = path + "/" + escape(member.getKey());
                if (from.has(member.getKey())) {
                  compare(place, from.get(member.getKey()), member.getValue());
                } else {
                  operation("add", place, member.getValue());
                }
              });
    } else if (before instanceof ArrayNode from
        && after instanceof ArrayNode to
        && from.size() <= to.size()) {
      for (int i = 0; i < from.size(); i++) {
        compare(path + "/" + i, from.get(i), to.get(i));
      }
      for (int i = from.size(); i < to.size(); i++) {
        operation("add", path + "/" + i, to.get(i));
      }
    } else {
      operation("replace", path, after);
    }
  }

  private void operation(String op, String path, JsonNode value) {
    operations.addObject().put("op", op).put("path", path).set("value", value);
  }

  private static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
