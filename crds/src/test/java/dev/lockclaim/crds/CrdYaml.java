package dev.lockclaim.crds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The CRD as the Java types say it. The generator does most of it; here is what it has no
 * annotation for: the order of the columns, descriptions of whole objects, the default of spec,
 * list types, and bounds written as the integers that they are.
 */
final class CrdYaml {
  private static final String HEADER =
      "# Generated from the types in crds/src: ./mvnw -pl crds test -Dlockclaim.writeCrd=true\n";

  private final YAMLMapper yaml =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                  .disable(YAMLGenerator.Feature.SPLIT_LINES)
                  .build())
          .build();

  /** The whole file, with a header that says how to write it again. */
  String generate(Path scratch) throws IOException {
    var info =
        new CRDGenerator()
            .customResourceClasses(LockClaim.class)
            .forCRDVersions("v1")
            .inOutputDir(scratch.toFile())
            .detailedGenerate();
    Path raw = Path.of(info.getCRDInfos("lockclaims.lockclaim.dev").get("v1").getFilePath());
    ObjectNode crd = (ObjectNode) yaml.readTree(Files.readString(raw));
    ObjectNode version = (ObjectNode) crd.at("/spec/versions/0");
    orderColumns(version);
    ObjectNode root = (ObjectNode) version.at("/schema/openAPIV3Schema");
    root.put(
        "description",
        "A lock that the pods of a workload stand in line for; main runs only in the pods that hold one of its slots.");
    ObjectNode spec = (ObjectNode) root.at("/properties/spec");
    spec.put("description", "What is asked for.").putObject("default");
    ((ObjectNode) root.at("/properties/status"))
        .put("description", "What the operator has seen; there is no heartbeat in it.");
    listMap(root, "/properties/status/properties/conditions", "type");
    listMap(root, "/properties/status/properties/holders", "slot");
    writeBoundsAsIntegers(root);
    return HEADER + yaml.writeValueAsString(crd);
  }

  private static void orderColumns(ObjectNode version) {
    Map<String, JsonNode> byName = new LinkedHashMap<>();
    version
        .get("additionalPrinterColumns")
        .forEach(column -> byName.put(column.get("name").asText(), column));
    ArrayNode ordered = version.putArray("additionalPrinterColumns");
    Arrays.stream(LockClaim.class.getAnnotationsByType(AdditionalPrinterColumn.class))
        .forEach(column -> ordered.add(byName.get(column.name())));
  }

  private static void listMap(ObjectNode root, String pointer, String key) {
    ObjectNode list = (ObjectNode) root.at(pointer);
    list.put("x-kubernetes-list-type", "map").putArray("x-kubernetes-list-map-keys").add(key);
    ((ObjectNode) list.get("items")).putArray("required").add(key);
  }

  private static void writeBoundsAsIntegers(JsonNode node) {
    if (node instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        JsonNode value = object.get(name);
        if (value.isDouble() && value.asDouble() == value.asInt()) {
          object.set(name, IntNode.valueOf(value.asInt()));
        }
      }
    }
    node.forEach(CrdYaml::writeBoundsAsIntegers);
  }
}
