package dev.lockclaim.sidecar.probes;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A probe as the user wrote it in the pod template.
 *
 * @param failureThreshold failures in a row after which the kubelet acts
 */
record Probe(
    Action action, Duration initialDelay, Duration timeout, Duration period, int failureThreshold) {

  /** Which of a container's probes. */
  enum Kind {
    STARTUP,
    LIVENESS,
    READINESS;

    static Optional<Kind> of(String word) {
      for (Kind kind : values()) {
        if (kind.word().equals(word)) {
          return Optional.of(kind);
        }
      }
      return Optional.empty();
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What to do against main. */
  sealed interface Action {
    int port();
  }

  /** A request; a status from 200 to 399 is a success. */
  record HttpGet(
      boolean tls,
      Optional<String> host,
      int port,
      String path,
      List<Map.Entry<String, String>> headers)
      implements Action {}

  /** A connection. */
  record TcpSocket(Optional<String> host, int port) implements Action {}

  /** A call of grpc.health.v1.Health/Check. */
  record Grpc(int port, String service) implements Action {}

  /** How long main may take to start when this is its startup probe. */
  Duration budget() {
    return initialDelay.plus(period.multipliedBy(failureThreshold));
  }
}
