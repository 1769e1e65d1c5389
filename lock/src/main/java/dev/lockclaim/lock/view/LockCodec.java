package dev.lockclaim.lock.view;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The values under a lock's prefix: small JSON objects whose field v is 1. */
public final class LockCodec {
  private static final JsonFactory JSON = new JsonFactory();

  private LockCodec() {}

  /** A flat object's fields as text; empty for anything else, or another version. */
  static Optional<Map<String, String>> fields(String value) {
    Map<String, String> fields = new HashMap<>();
    try (JsonParser parser = JSON.createParser(value)) {
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
      return "1".equals(fields.get("v")) ? Optional.of(fields) : Optional.empty();
    } catch (IOException notJson) {
      return Optional.empty();
    }
  }

  /**
   * Settings, all of them as they should be.
   *
   * @throws IllegalArgumentException when one is not: nothing is granted by what is half understood
   */
  static Settings settings(Map<String, String> fields, long modRevision) {
    String suspend = fields.getOrDefault("suspend", "false");
    if (!suspend.equals("true") && !suspend.equals("false")) {
      throw new IllegalArgumentException("suspend is neither true nor false: " + suspend);
    }
    return new Settings(
        (int) number(fields, "slots", 1, Integer.MAX_VALUE),
        (int) number(fields, "delaySeconds", 0, Integer.MAX_VALUE),
        fields.getOrDefault("prefer", ""),
        fields.getOrDefault("newestRevision", ""),
        suspend.equals("true"),
        number(fields, "epoch", 0, Token.MAX_EPOCH),
        Long.parseUnsignedLong(fields.getOrDefault("clusterId", "0"), 16),
        fields.getOrDefault("claim", ""),
        modRevision);
  }

  private static long number(Map<String, String> fields, String name, long absent, long most) {
    long number = fields.containsKey(name) ? Long.parseLong(fields.get(name)) : absent;
    if (number < 0 || number > most) {
      throw new IllegalArgumentException(name + " is not from 0 to " + most + ": " + number);
    }
    return number;
  }

  /** Whether the epoch is one: a token made of another might not rise. */
  static boolean isEpoch(Map<String, String> fields) {
    try {
      return number(fields, "epoch", 0, Token.MAX_EPOCH) >= 0;
    } catch (IllegalArgumentException notOurs) {
      return false;
    }
  }

  static Identity identity(Map<String, String> fields) {
    return new Identity(
        fields.getOrDefault("pod", ""),
        fields.getOrDefault("uid", ""),
        fields.getOrDefault("node", ""),
        fields.getOrDefault("revision", ""),
        (int) numberOrZero(fields, "sidecar"));
  }

  /** For keys that count whatever their value says. */
  static long numberOrZero(Map<String, String> fields, String name) {
    try {
      return Long.parseLong(fields.getOrDefault(name, "0"));
    } catch (NumberFormatException notOurs) {
      return 0;
    }
  }

  /** For leases and clusters, as {@link LockKeys#hex} writes them. */
  static long hexOrZero(Map<String, String> fields, String name) {
    try {
      return Long.parseUnsignedLong(fields.getOrDefault(name, "0"), 16);
    } catch (NumberFormatException notOurs) {
      return 0;
    }
  }

  /** A place in line. */
  public static String queue(Identity identity) {
    return write(
        json -> {
          who(json, identity);
          json.writeNumberField("sidecar", identity.sidecar());
        });
  }

  /**
   * A grant.
   *
   * @param via {@link Holder#VIA_QUEUE} or {@link Holder#VIA_HANDOVER}
   */
  public static String holder(
      Identity identity, long lease, long epoch, long grantTimeMillis, String via) {
    return write(
        json -> {
          json.writeStringField("lease", LockKeys.hex(lease));
          json.writeNumberField("epoch", epoch);
          who(json, identity);
          json.writeNumberField("grantTimeMillis", grantTimeMillis);
          json.writeStringField("via", via);
        });
  }

  /** A grant's ledger where the grant's lease is not known. */
  public static String ledger(Identity identity, long epoch) {
    return ledger(identity, 0, epoch);
  }

  /** A grant's ledger. */
  public static String ledger(Identity identity, long lease, long epoch) {
    return write(
        json -> {
          json.writeNumberField("epoch", epoch);
          json.writeStringField("pod", identity.pod());
          json.writeStringField("uid", identity.uid());
          if (lease != 0) {
            json.writeStringField("lease", LockKeys.hex(lease));
          }
        });
  }

  /** What the operator says of a lock. */
  public static String settings(Settings settings) {
    return write(
        json -> {
          json.writeNumberField("slots", settings.slots());
          json.writeNumberField("delaySeconds", settings.delaySeconds());
          json.writeStringField("prefer", settings.prefer());
          json.writeStringField("newestRevision", settings.newestRevision());
          json.writeBooleanField("suspend", settings.suspend());
          json.writeNumberField("epoch", settings.epoch());
          json.writeStringField("clusterId", LockKeys.hex(settings.clusterId()));
          if (!settings.claim().isEmpty()) {
            json.writeStringField("claim", settings.claim());
          }
        });
  }

  /**
   * A hand-over asked for.
   *
   * @param to name of a pod, or {@link Request#ANY}
   */
  public static String request(String to, String id) {
    return write(
        json -> {
          json.writeStringField("to", to);
          json.writeStringField("id", id);
        });
  }

  private static void who(JsonGenerator json, Identity identity) throws IOException {
    json.writeStringField("pod", identity.pod());
    json.writeStringField("uid", identity.uid());
    json.writeStringField("node", identity.node());
    json.writeStringField("revision", identity.revision());
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private static String write(Body body) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeNumberField("v", 1);
      body.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter does not fail
    }
    return text.toString();
  }
}
