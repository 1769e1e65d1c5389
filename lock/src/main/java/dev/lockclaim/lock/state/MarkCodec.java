package dev.lockclaim.lock.state;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;

/** Marks as text: a JSON object whose field v is 1. */
final class MarkCodec {
  private static final JsonFactory JSON = new JsonFactory();

  private MarkCodec() {}

  static String text(Marks marks) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeNumberField("v", 1);
      json.writeStringField("bootId", marks.bootId());
      json.writeStringField("podUid", marks.podUid());
      json.writeNumberField("sidecar", marks.sidecar());
      json.writeNumberField("lease", marks.lease());
      json.writeNumberField("ran", marks.ran());
      json.writeNumberField("released", marks.released());
      json.writeNumberField("clusterId", marks.clusterId());
      json.writeNumberField("revision", marks.revision());
      json.writeNumberField("epoch", marks.epoch());
      json.writeEndObject();
    }
    return text.toString();
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
