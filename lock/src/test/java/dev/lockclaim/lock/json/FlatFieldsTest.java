package dev.lockclaim.lock.json;

import static org.assertj.core.api.Assertions.assertThat;

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
      StringBuilder text = new StringBuilder("{");
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
    assertThat(FlatFields.of(number)).isEqualTo(FlatFields.parsed(number));
    assertThat(FlatFields.of(name)).isEqualTo(FlatFields.parsed(name)).isEmpty();
  }
}
