package dev.lockclaim.sidecar.gates;

import dev.lockclaim.sidecar.gates.GateLine.MalformedLine;

/** How main's first process ended. */
public sealed interface ExitStatus {

  /** It never ran under this token, or nobody saw how it ended. */
  record None() implements ExitStatus {}

  /** It returned. */
  record Exit(int code) implements ExitStatus {}

  /** A signal ended it. */
  record Signal(int number) implements ExitStatus {}

  /** Whether main returned 0. */
  default boolean success() {
    return this instanceof Exit(int code) && code == 0;
  }

  /** As a shell would give it: the code, or 128 plus the signal, or 0 when nothing ran. */
  default int shellStatus() {
    return switch (this) {
      case None() -> 0;
      case Exit(int code) -> code;
      case Signal(int number) -> 128 + number;
    };
  }

  /** Reads {@code exit:CODE}, {@code signal:NR} or {@code none}. */
  static ExitStatus parse(String text) throws MalformedLine {
    if (text.equals("none")) {
      return new None();
    }
    int colon = text.indexOf(':');
    if (colon > 0) {
      try {
        int number = Integer.parseInt(text.substring(colon + 1));
        switch (text.substring(0, colon)) {
          case "exit" -> {
            return new Exit(number);
          }
          case "signal" -> {
            return new Signal(number);
          }
          default -> {}
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
    }
    throw new MalformedLine("key status is none of exit:CODE, signal:NR, none");
  }
}
