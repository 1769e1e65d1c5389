package dev.lockclaim.sidecar.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One request and its answer. The answer may be given from any thread, once; a second one is
 * ignored, as is one for a client that has gone.
 */
public interface Exchange {

  /** The request's method, in upper case. */
  String method();

  /** The request's path, decoded, without the query. */
  String path();

  /** Names of the query's parameters. */
  Set<String> parameters();

  /** Values of a query parameter, decoded. */
  List<String> parameter(String name);

  /** The value of a query parameter given once; empty when it is absent. */
  default Optional<String> single(String name) {
    List<String> values = parameter(name);
    return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
  }

  /** Adds a header to the answer, which must still be given. */
  void header(String name, String value);

  /** Answers with a body. */
  void answer(int status, String contentType, byte[] body);

  /** Answers with plain text. */
  default void text(int status, String text) {
    answer(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  /** Answers with {@code {"error": sentence}}. */
  default void error(int status, String sentence) {
    answer(status, Json.CONTENT_TYPE, Json.error(sentence));
  }

  /** Answers with a stream of server-sent events, which stays open until either side ends it. */
  EventStream events();
}
