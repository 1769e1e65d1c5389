package dev.lockclaim.chaos;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What scripts/chaos says, as {@code key=value} words.
 *
 * @param root of the source tree
 * @param classPath of the candidates
 * @param only the one kind of fault to do, again and again; empty for the whole plan
 */
record Options(
    double minutes,
    long seed,
    boolean secure,
    Path root,
    Path bin,
    Path java,
    Path flags,
    String classPath,
    Path gate,
    Path writer,
    Path results,
    String only,
    String commit) {
  private static final Set<String> KEYS =
      Set.of(
          "minutes",
          "seed",
          "secure",
          "root",
          "bin",
          "java",
          "flags",
          "classPath",
          "gate",
          "writer",
          "results",
          "only",
          "commit");

  static Options of(List<String> words) {
    Map<String, String> values = new HashMap<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      String key = equals < 0 ? word : word.substring(0, equals);
      if (equals < 0 || !KEYS.contains(key)) {
        throw new IllegalArgumentException("\"" + word + "\" is not known; use scripts/chaos");
      }
      values.put(key, word.substring(equals + 1));
    }
    if (!values.keySet().equals(KEYS)) {
      throw new IllegalArgumentException("not all of " + KEYS + " are given; use scripts/chaos");
    }
    return new Options(
        Double.parseDouble(values.get("minutes")),
        Long.parseLong(values.get("seed")),
        Boolean.parseBoolean(values.get("secure")),
        Path.of(values.get("root")),
        Path.of(values.get("bin")),
        Path.of(values.get("java")),
        Path.of(values.get("flags")),
        values.get("classPath"),
        Path.of(values.get("gate")),
        Path.of(values.get("writer")),
        Path.of(values.get("results")),
        values.get("only"),
        values.get("commit"));
  }
}
