package dev.lockclaim.lock.state;

import dev.lockclaim.lock.json.FlatFields;
import dev.lockclaim.lock.json.FlatJson;
import java.io.IOException;
import java.util.Map;

/** Marks as text: a JSON object whose field v is 1. */
final class MarkCodec {
  private MarkCodec() {}

  static String text(Marks marks) {
    return new FlatJson()
        .put("bootId", marks.bootId())
        .put("podUid", marks.podUid())
        .put("sidecar", marks.sidecar())
        .put("lease", marks.lease())
        .put("ran", marks.ran())
        .put("released", marks.released())
        .put("clusterId", marks.clusterId())
        .put("revision", marks.revision())
        .put("epoch", marks.epoch())
        .end();
  }

  static Marks marks(String text) throws IOException {
    Map<String, String> fields =
        FlatFields.of(text).orElseThrow(() -> new IOException("it holds no JSON object"));
    if (!"1".equals(fields.get("v"))) {
      throw new IOException("it was not written by a Lockclaim of this version");
    }
    try {
      return new Marks(
          fields.getOrDefault("bootId", ""),
          fields.getOrDefault("podUid", ""),
          (int) number(fields, "sidecar"),
          number(fields, "lease"),
          number(fields, "ran"),
          number(fields, "released"),
          number(fields, "clusterId"),
          number(fields, "revision"),
          number(fields, "epoch"));
    } catch (NumberFormatException e) {
      throw new IOException("a number in it is none: " + e.getMessage(), e);
    }
  }

  private static long number(Map<String, String> fields, String name) {
    return Long.parseLong(fields.getOrDefault(name, "0"));
  }
}
