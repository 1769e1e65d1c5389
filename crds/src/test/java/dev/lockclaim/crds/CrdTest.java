package dev.lockclaim.crds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrdTest {
  private static final Path COMMITTED = Path.of("lockclaims.yaml");

  @TempDir Path scratch;

  @Test
  void theCommittedCrdIsWhatTheTypesSay() throws IOException {
    String generated = new CrdYaml().generate(scratch);
    if (Boolean.getBoolean("lockclaim.writeCrd")) {
      Files.writeString(COMMITTED, generated);
    }
    assertThat(Files.readString(COMMITTED))
        .as(
            "crds/lockclaims.yaml is stale: run ./mvnw -pl crds test -Dlockclaim.writeCrd=true and commit it")
        .isEqualTo(generated);
  }

  @Test
  void everyFieldHasADescriptionAndEveryStringAndListOfTheSpecABound() throws IOException {
    JsonNode schema =
        new YAMLMapper()
            .readTree(Files.readString(COMMITTED))
            .at("/spec/versions/0/schema/openAPIV3Schema");
    List<String> wrong = new ArrayList<>();
    visit("", schema, wrong);
    assertThat(wrong).isEmpty();
  }

  @Test
  void columnsComeInTheOrderThatPeopleReadThem() throws IOException {
    JsonNode columns =
        new YAMLMapper()
            .readTree(Files.readString(COMMITTED))
            .at("/spec/versions/0/additionalPrinterColumns");
    assertThat(columns.findValuesAsText("name"))
        .containsExactly(
            "HELD",
            "HOLDER",
            "CANDIDATES",
            "SINCE",
            "AGE",
            "TOKEN",
            "TRANSITIONS",
            "MODE",
            "REASON");
  }

  private static void visit(String path, JsonNode schema, List<String> wrong) {
    boolean inSpec = path.startsWith(".spec");
    if (inSpec
        && schema.path("type").asText().equals("string")
        && !schema.has("enum")
        && !schema.has("maxLength")) {
      wrong.add(path + " has no maxLength");
    }
    if (schema.path("type").asText().equals("array")) {
      if (!schema.has("maxItems")) {
        wrong.add(path + " has no maxItems");
      }
      visit(path + "[]", schema.get("items"), wrong);
    }
    schema
        .path("properties")
        .properties()
        .forEach(
            field -> {
              if (!field.getValue().has("description")) {
                wrong.add(path + "." + field.getKey() + " has no description");
              }
              visit(path + "." + field.getKey(), field.getValue(), wrong);
            });
  }
}
