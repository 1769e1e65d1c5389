package dev.lockclaim.lock.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The quick way must read nothing that the parser would not, and nothing differently. */
final class FlatFieldsTest {
  private static final int ROUNDS = 200_000;

  /** What a JSON object is made of, and what is next to it. */
  private static final String[] PIECES = {
    "{",
    "}",
    "\"",
    ":",
    ",",
    "\"v\":1",
    "\"a\"",
    "\"\"",
    "1",
    "0",
    "01",
    "-",
    "-7",
    "true",
    "false",
    "null",
    "tru",
    "1.5",
    "1e3",
    "\\",
    "\\\"",
    "\\u0041",
    " ",
    "\n",
    "\t",
    "\u0001",
    "-0",
    "-01",
    "00",
    "9999999999999999999",
    "}}",
    "a b",
    "[",
    "]",
    "{}",
    "[1]",
    "/*x*/",
    "ü",
    "\ud83d",
    "\u0000",
    "9223372036854775807",
    "92233720368547758070",
    "'a'",
    "NaN",
    "+1",
    "x"
  };

  @Test
  void itReadsWhatTheParserReads() {
    Random random = new Random(20261129);
    int objects = 0;
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder text = new StringBuilder(random.nextInt(20) == 0 ? piece(random) : "{");
      boolean likely = random.nextBoolean();
      for (int i = random.nextInt(5); i >= 0; i--) {
        if (likely) {
          text.append('"').append(piece(random)).append("\":").append(value(random));
          text.append(i == 0 ? "" : ",");
        } else {
          text.append(piece(random));
        }
      }
      text.append(random.nextInt(10) == 0 ? piece(random) : "}");
      String json = text.toString();
      Optional<Map<String, String>> expected = FlatFields.parsed(json);
      assertThat(FlatFields.of(json)).as(json).isEqualTo(expected);
      objects += expected.isPresent() ? 1 : 0;
    }
    assertThat(objects).isBetween(ROUNDS / 20, ROUNDS * 19 / 20); // neither all nor none
  }

  private static String piece(Random random) {
    return PIECES[random.nextInt(PIECES.length)];
  }

  private static String value(Random random) {
    return random.nextBoolean() ? '"' + piece(random) + '"' : piece(random);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "plain", "a \"quoted\" one", "back\\slash", "line\nand\ttab \u0001", "ü 🔒"})
  void whatIsWrittenIsRead(String text) {
    String json =
        new FlatJson().put("text", text).put("number", Long.MIN_VALUE).put("truth", true).end();
    Map<String, String> fields =
        Map.of("v", "1", "text", text, "number", Long.toString(Long.MIN_VALUE), "truth", "true");
    assertThat(FlatFields.of(json)).contains(fields);
    assertThat(FlatFields.parsed(json)).contains(fields);
    assertThat(json).doesNotContain("\n");
  }

  @Test
  void whatIsTooLongForTheParserIsTooLong() {
    String number = "{\"n\":" + "1".repeat(2000) + "}";
    String name = "{\"" + "n".repeat(60_000) + "\":1}";
    assertThat(FlatFields.of(number)).isEqualTo(FlatFields.parsed(number)).isEmpty();
    assertThat(FlatFields.of(name)).isEqualTo(FlatFields.parsed(name)).isEmpty();
  }

  @Test
  void whatIsPlainIsReadInOnePass() {
    String json = new FlatJson().put("pod", "a-0").put("epoch", -7).put("suspend", false).end();
    assertThat(FlatFields.plain(json))
        .containsOnly(
            Map.entry("v", "1"),
            Map.entry("pod", "a-0"),
            Map.entry("epoch", "-7"),
            Map.entry("suspend", "false"));
    assertThat(FlatFields.plain(new FlatJson().put("pod", "\"").end())).isNull();
  }

  /** Keys and marks are what they were before: other versions read them. */
  @Test
  void textIsWrittenAsTheGeneratorWritesIt() throws IOException {
    Random random = new Random(20261130);
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(6); i > 0; i--) {
        text.append((char) random.nextInt(random.nextBoolean() ? 0x90 : 0x10000));
      }
      StringWriter expected = new StringWriter();
      try (JsonGenerator json = new JsonFactory().createGenerator(expected)) {
        json.writeStartObject();
        json.writeNumberField("v", 1);
        json.writeStringField("text", text.toString());
        json.writeNumberField("number", round);
        json.writeEndObject();
      }
      assertThat(new FlatJson().put("text", text.toString()).put("number", round).end())
          .isEqualTo(expected.toString());
    }
  }
}
