package dev.lockclaim.lock.json;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/**
 * Writes a small JSON object whose fields are text, numbers and booleans, none of them null, in the
 * order in which they are put. Its first field is v, which is 1. Confined to one thread.
 */
public final class FlatJson {
  /** Enough for most of what a lock writes. */
  private static final int LENGTH = 256;

  private final StringBuilder json = new StringBuilder(LENGTH).append("{\"v\":1");

  /** A field that is text. */
  public FlatJson put(String name, String value) {
    name(name).append('"');
    if (isPlain(value)) {
      json.append(value);
    } else {
      JsonStringEncoder.getInstance().quoteAsString(value, json);
    }
    json.append('"');
    return this;
  }

  /** A field that is a number. */
  public FlatJson put(String name, long value) {
    name(name).append(value);
    return this;
  }

  /** A field that is true or false. */
  public FlatJson put(String name, boolean value) {
    name(name).append(value);
    return this;
  }

  /** All of it, in one line; to be called once. */
  public String end() {
    return json.append('}').toString();
  }

  private StringBuilder name(String name) {
    return json.append(",\"").append(name).append("\":");
  }

  private static boolean isPlain(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (!isPlain(value.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether it stands for itself within quotes. */
  static boolean isPlain(char character) {
    return character >= ' ' && character != '"' && character != '\\';
  }
}
