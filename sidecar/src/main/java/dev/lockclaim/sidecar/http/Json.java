package dev.lockclaim.sidecar.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** JSON, streamed: no data binding, so no reflection at start. */
public final class Json {
  /** Media type of JSON. */
  public static final String CONTENT_TYPE = "application/json";

  private static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

  /** Writes the fields of an object. */
  @FunctionalInterface
  public interface Fields {
    /** Writes to {@code json}, which stands inside an object. */
    void write(JsonGenerator json) throws IOException;
  }

  /** An object with the fields that {@code fields} writes, in UTF-8. */
  public static byte[] write(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing JSON to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /** {@code {"error": sentence}}. */
  static byte[] error(String sentence) {
    return write(json -> json.writeStringField("error", sentence));
  }

  /** The factory, for reading. */
  public static JsonFactory factory() {
    return FACTORY;
  }
}
