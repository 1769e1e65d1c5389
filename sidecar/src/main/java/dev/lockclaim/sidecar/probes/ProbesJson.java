package dev.lockclaim.sidecar.probes;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.lockclaim.sidecar.http.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads the original probes that the webhook put into the sidecar's environment. */
final class ProbesJson {
  private ProbesJson() {}

  /**
   * Probes by container and kind. Probes with an action that is not carried out here (exec, or one
   * of a later Kubernetes) are left out: the webhook does not send the kubelet here for them.
   *
   * @throws IllegalArgumentException with a sentence that says what is wrong where
   */
  static Map<String, Map<Probe.Kind, Probe>> parse(String text) {
    Map<String, Map<Probe.Kind, Probe>> all = new LinkedHashMap<>();
    Node root = new Node("the top", read(text));
    for (String container : root.keys()) {
      Map<Probe.Kind, Probe> probes = new EnumMap<>(Probe.Kind.class);
      Node byKind = root.at(container);
      for (String word : byKind.keys()) {
        Probe.Kind kind =
            Probe.Kind.of(word)
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            byKind.where
                                + " has the key "
                                + word
                                + ", which is none of startup, liveness, readiness"));
        probe(byKind.at(word)).ifPresent(probe -> probes.put(kind, probe));
      }
      all.put(container, Map.copyOf(probes));
    }
    return Map.copyOf(all);
  }

  private static Optional<Probe> probe(Node node) {
    return action(node)
        .map(
            action ->
                new Probe(
                    action,
                    Duration.ofSeconds(node.number("initialDelaySeconds", 0)),
                    Duration.ofSeconds(Math.max(1, node.number("timeoutSeconds", 1))),
                    Duration.ofSeconds(Math.max(1, node.number("periodSeconds", 10))),
                    Math.max(1, node.number("failureThreshold", 3))));
  }

  private static Optional<Probe.Action> action(Node node) {
    if (node.keys().contains("httpGet")) {
      Node get = node.at("httpGet");
      String path = get.text("path").orElse("/");
      return Optional.of(
          new Probe.HttpGet(
              get.text("scheme").orElse("HTTP").toUpperCase(Locale.ROOT).equals("HTTPS"),
              get.text("host"),
              get.port(),
              path.startsWith("/") ? path : "/" + path,
              get.pairs("httpHeaders")));
    }
    if (node.keys().contains("tcpSocket")) {
      Node tcp = node.at("tcpSocket");
      return Optional.of(new Probe.TcpSocket(tcp.text("host"), tcp.port()));
    }
    if (node.keys().contains("grpc")) {
      Node grpc = node.at("grpc");
      return Optional.of(new Probe.Grpc(grpc.port(), grpc.text("service").orElse("")));
    }
    return Optional.empty();
  }

  private static Object read(String text) {
    try (JsonParser parser = Json.factory().createParser(text)) {
      parser.nextToken();
      Object value = value(parser);
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("there is more than one JSON value");
      }
      return value;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "it is not JSON: " + e.getMessage().lines().findFirst().orElse(""), e);
    }
  }

  private static Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      Map<String, Object> object = new LinkedHashMap<>();
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        object.put(name, value(parser));
      }
      return object;
    }
    if (token == JsonToken.START_ARRAY) {
      List<Object> array = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        array.add(value(parser));
      }
      return array;
    }
    return token == null || token == JsonToken.VALUE_NULL ? "" : parser.getText();
  }

  /** A JSON object and where it stands, for messages. */
  private static final class Node {
    private final String where;
    private final Map<?, ?> values;

    Node(String where, Object value) {
      if (!(value instanceof Map<?, ?> map)) {
        throw new IllegalArgumentException(where + " is not a JSON object");
      }
      this.where = where;
      this.values = map;
    }

    List<String> keys() {
      return values.keySet().stream().map(String::valueOf).toList();
    }

    Node at(String key) {
      return new Node(where.equals("the top") ? key : where + "." + key, values.get(key));
    }

    Optional<String> text(String key) {
      return values.get(key) instanceof String text && !text.isEmpty()
          ? Optional.of(text)
          : Optional.empty();
    }

    int number(String key, int absent) {
      try {
        return text(key).map(Integer::parseInt).orElse(absent);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(where + "." + key + " is not a whole number", e);
      }
    }

    int port() {
      int port = number("port", 0);
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException(
            where + ".port is not the number of a port (1 to 65535)");
      }
      return port;
    }

    List<Map.Entry<String, String>> pairs(String key) {
      List<Map.Entry<String, String>> pairs = new ArrayList<>();
      if (values.get(key) instanceof List<?> list) {
        for (Object item : list) {
          Node pair = new Node(where + "." + key, item);
          pairs.add(Map.entry(pair.text("name").orElse(""), pair.text("value").orElse("")));
        }
      }
      return pairs;
    }
  }
}
