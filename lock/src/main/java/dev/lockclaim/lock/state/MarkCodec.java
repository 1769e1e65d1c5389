package dev.lockclaim.lock.state;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Marks as text: a JSON object whose field v is 1. */
final class MarkCodec {
  private static final JsonFactory JSON = new JsonFactory();

  private MarkCodec() {}

  static String text(Marks marks) {
    return "{\"v\":1,\"bootId\":\""
        + quoted(marks.bootId())
        + "\",\"podUid\":\""
        + quoted(marks.podUid())
        + "\",\"sidecar\":"
        + marks.sidecar()
        + ",\"lease\":"
        + marks.lease()
        + ",\"ran\":"
        + marks.ran()
        + ",\"released\":"
        + marks.released()
        + ",\"clusterId\":"
        + marks.clusterId()
        + ",\"revision\":"
        + marks.revision()
        + ",\"epoch\":"
        + marks.epoch()
        + "}";
  }

  private static String quoted(String text) {
    return String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text));
  }

  static Marks marks(String text) throws IOException {
    Map<String, String> fields = new HashMap<>();
    try (JsonParser parser = JSON.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("it holds no JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        fields.put(name, parser.getText());
      }
    }
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
