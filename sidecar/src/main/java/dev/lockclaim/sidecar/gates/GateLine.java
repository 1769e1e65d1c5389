package dev.lockclaim.sidecar.gates;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A line that a gate sent (gate/PROTOCOL.md). */
sealed interface GateLine {

  /** The only version of the protocol so far. */
  int VERSION = 1;

  /** Longest line without its newline that either side accepts. */
  int MAX_LENGTH = 511;

  /** What a gate was doing when it said hello. */
  enum State {
    WAITING,
    RUNNING,
    STOPPING
  }

  /** Why a gate stops main, or stopped it. KILLED: main's first process was killed by others. */
  enum Why {
    STOP,
    TERM,
    DEADLINE,
    EXITED,
    KILLED
  }

  /**
   * First line of each connection.
   *
   * @param instance random per gate process
   * @param token of the running main, or 0
   * @param stopped highest token refused because of a STOP
   */
  record Hello(
      String container, String instance, State state, long token, long stopped, long bootNanos)
      implements GateLine {}

  /** Main runs. */
  record Started(long token, long bootNanos) implements GateLine {}

  /** Main was not run, and will not be by the RUN that this answers. */
  record Refused(long token, Refusal reason, long bootNanos) implements GateLine {}

  /** Main is on its way out. */
  record Stopping(long token, Why why, long bootNanos) implements GateLine {}

  /**
   * No process but the gate is left.
   *
   * @param leaving the gate is about to exit, rather than wait for another RUN
   * @param lateMillis how late SIGKILL was sent after its time
   */
  record Ended(
      long token, ExitStatus status, Why why, boolean leaving, long lateMillis, long bootNanos)
      implements GateLine {}

  /** Answer to TIMES and PING. */
  record Beat(long token, long bootNanos) implements GateLine {}

  /** The gate did not understand a line of ours. */
  record Complaint(String text) implements GateLine {}

  /** A line that this sidecar cannot use; its message says why. */
  final class MalformedLine extends Exception {
    MalformedLine(String message) {
      super(message);
    }
  }

  /**
   * Reads a line, without its newline. Unknown keys are ignored: a newer gate may say more.
   *
   * @throws MalformedLine when the verb is unknown, or a key that it needs is missing or unusable
   */
  static GateLine parse(String line) throws MalformedLine {
    if (line.length() > MAX_LENGTH) {
      throw new MalformedLine("a line is at most " + MAX_LENGTH + " characters");
    }
    if (!line.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      throw new MalformedLine("a line is printable ASCII");
    }
    int space = line.indexOf(' ');
    String verb = space < 0 ? line : line.substring(0, space);
    if (verb.equals("ERROR")) {
      int text = line.indexOf("text=");
      return new Complaint(text < 0 ? "" : line.substring(text + "text=".length()));
    }
    Fields fields = Fields.of(space < 0 ? "" : line.substring(space + 1));
    return switch (verb) {
      case "HELLO" -> hello(fields);
      case "STARTED" -> new Started(fields.token(), fields.bootNanos());
      case "REFUSED" ->
          new Refused(fields.token(), refusal(fields.text("reason")), fields.bootNanos());
      case "STOPPING" ->
          new Stopping(fields.token(), fields.word("why", Why.class), fields.bootNanos());
      case "ENDED" ->
          new Ended(
              fields.token(),
              ExitStatus.parse(fields.text("status")),
              fields.word("why", Why.class),
              fields.text("next").equals("exit"),
              fields.number("late_ms"),
              fields.bootNanos());
      case "BEAT" -> new Beat(fields.token(), fields.bootNanos());
      default -> throw new MalformedLine("unknown verb");
    };
  }

  /** A reason that a newer gate may give counts as STALE: the token is given away. */
  private static Refusal refusal(String reason) {
    for (Refusal known : Refusal.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(reason)) {
        return known;
      }
    }
    return Refusal.STALE;
  }

  private static Hello hello(Fields fields) throws MalformedLine {
    if (fields.number("v") != VERSION) {
      throw new MalformedLine("this sidecar speaks v=" + VERSION + " only");
    }
    return new Hello(
        fields.text("container"),
        fields.text("instance"),
        fields.word("state", State.class),
        fields.token(),
        fields.number("stopped"),
        fields.bootNanos());
  }

  /** The key=value pairs of a line. */
  record Fields(Map<String, String> values) {

    static Fields of(String text) throws MalformedLine {
      Map<String, String> values = new HashMap<>();
      for (String pair : text.split(" ")) {
        int equals = pair.indexOf('=');
        if (equals > 0
            && values.putIfAbsent(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
          throw new MalformedLine("key " + pair.substring(0, equals) + " is there twice");
        }
      }
      return new Fields(values);
    }

    String text(String key) throws MalformedLine {
      String value = values.get(key);
      if (value == null || value.isEmpty()) {
        throw new MalformedLine("key " + key + " is missing");
      }
      return value;
    }

    long number(String key) throws MalformedLine {
      try {
        long value = Long.parseLong(text(key));
        if (value >= 0) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Said below, together with numbers below zero.
      }
      throw new MalformedLine("key " + key + " is not a whole number from 0 on");
    }

    long token() throws MalformedLine {
      return number("token");
    }

    long bootNanos() throws MalformedLine {
      return number("boot_ns");
    }

    <E extends Enum<E>> E word(String key, Class<E> words) throws MalformedLine {
      String value = text(key);
      for (E word : words.getEnumConstants()) {
        if (word.name().toLowerCase(Locale.ROOT).equals(value)) {
          return word;
        }
      }
      throw new MalformedLine("key " + key + " has an unknown value");
    }
  }
}
