package dev.lockclaim.lock.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a JSON object. Three such values are read in each hand-over: plain ones, as {@link
 * FlatJson} writes most, are read in one pass by little code, which is quick even when caches are
 * cold. Whatever is written in another way is read by the parser; the answer is the same.
 */
public final class FlatFields {
  private static final JsonFactory JSON = new JsonFactory();

  /** Longer than any of ours; the parser has limits of its own. */
  private static final int LONGEST = 4096;

  /** As many as a long can have. */
  private static final int MOST_DIGITS = 19;

  private final String json;
  private int at = 1;

  private FlatFields(String json) {
    this.json = json;
  }

  /** The fields as text, without those that are objects or lists; empty when it is no object. */
  public static Optional<Map<String, String>> of(String json) {
    Map<String, String> plain = plain(json);
    return plain == null ? parsed(json) : Optional.of(plain);
  }

  /** The same by the parser alone. */
  static Optional<Map<String, String>> parsed(String json) {
    Map<String, String> fields = new HashMap<>();
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        if (token.isStructStart()) {
          parser.skipChildren();
        } else {
          fields.put(name, parser.getText());
        }
      }
      return Optional.of(fields);
    } catch (IOException notJson) {
      return Optional.empty();
    }
  }

  /** The same in one pass; null when it is not plain. */
  static Map<String, String> plain(String json) {
    return new FlatFields(json).plain();
  }

  private Map<String, String> plain() {
    int last = json.length() - 1;
    if (last < 1 || json.length() > LONGEST || json.charAt(0) != '{' || json.charAt(last) != '}') {
      return null;
    }
    Map<String, String> fields = new HashMap<>();
    while (true) {
      String name = text();
      if (name == null || json.charAt(at) != ':') {
        return null;
      }
      at++;
      String value = json.charAt(at) == '"' ? text() : word();
      if (value == null) {
        return null;
      }
      fields.put(name, value);
      if (at == last) {
        return fields;
      }
      if (json.charAt(at) != ',') {
        return null;
      }
      at++;
    }
  }

  /**
   * What is between quotes; null when it is not there, or not as it stands. Ends before the end.
   */
  private String text() {
    if (json.charAt(at) != '"') {
      return null;
    }
    int end = at + 1;
    while (end < json.length() && FlatJson.isPlain(json.charAt(end))) {
      end++;
    }
    if (end >= json.length() - 1 || json.charAt(end) != '"') {
      return null;
    }
    String text = json.substring(at + 1, end);
    at = end + 1;
    return text;
  }

  /** A whole number, true or false; null when it is neither. Leaves a character to look at. */
  private String word() {
    int end = at;
    while (end < json.length() && json.charAt(end) != ',' && json.charAt(end) != '}') {
      end++;
    }
    String word = json.substring(at, end);
    at = end;
    return word.equals("true") || word.equals("false") || isNumber(word) ? word : null;
  }

  private static boolean isNumber(String word) {
    int first = word.startsWith("-") ? 1 : 0;
    for (int i = first; i < word.length(); i++) {
      if (word.charAt(i) < '0' || word.charAt(i) > '9') {
        return false;
      }
    }
    int digits = word.length() - first;
    return digits == 1 || (digits > 1 && digits <= MOST_DIGITS && word.charAt(first) != '0');
  }
}
