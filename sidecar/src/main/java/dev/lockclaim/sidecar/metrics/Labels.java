package dev.lockclaim.sidecar.metrics;

import java.util.LinkedHashMap;
import java.util.Map;

/** Label names and values of one time series, in order. */
record Labels(Map<String, String> values) {

  static Labels of(String... namesAndValues) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new Labels(values);
  }

  Labels with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new Labels(more);
  }

  /** As in {@code {a="b",c="d"}}; empty when there are none. */
  String text() {
    if (values.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("{");
    values.forEach(
        (name, value) -> {
          if (text.length() > 1) {
            text.append(',');
          }
          text.append(name).append("=\"").append(escape(value)).append('"');
        });
    return text.append('}').toString();
  }

  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
