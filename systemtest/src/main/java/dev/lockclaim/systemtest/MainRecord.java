package dev.lockclaim.systemtest;

import java.math.BigDecimal;
import java.util.Locale;

/**
 * One line that main wrote about itself: {@code kind seconds pod token start}.
 *
 * @param bootNanos main's reading of CLOCK_BOOTTIME before it wrote the line, as fine as main can
 *     read it (/proc/uptime rounds down to 10 ms); one clock for all mains of a machine
 * @param start unique for each start of main, so that two starts with one token are told apart
 */
public record MainRecord(Kind kind, long bootNanos, String pod, long token, String start) {

  /** What main says: that it starts, is there, or ends. */
  public enum Kind {
    START,
    BEAT,
    END
  }

  /**
   * Reads one line.
   *
   * @throws IllegalArgumentException if it is not such a line, naming it
   */
  public static MainRecord parse(String line) {
    String[] words = line.split(" ", -1);
    if (words.length != 5 || words[2].isEmpty() || words[4].isEmpty()) {
      throw new IllegalArgumentException("not a record of main: \"" + line + "\"");
    }
    try {
      Kind kind = Kind.valueOf(words[0].toUpperCase(Locale.ROOT));
      long bootNanos = new BigDecimal(words[1]).movePointRight(9).longValueExact();
      return new MainRecord(kind, bootNanos, words[2], Long.parseLong(words[3]), words[4]);
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw new IllegalArgumentException("not a record of main: \"" + line + "\"", e);
    }
  }
}
