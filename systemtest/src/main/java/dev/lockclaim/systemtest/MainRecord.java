package dev.lockclaim.systemtest;

/**
 * One line that main wrote about itself: {@code kind uptime pod token start}.
 *
 * @param bootMillis main's reading of /proc/uptime (CLOCK_BOOTTIME, rounded down to 10 ms), one
 *     clock for all pods of a machine
 * @param start unique for each start of main, so that two starts with one token are told apart
 */
record MainRecord(Kind kind, long bootMillis, String pod, long token, String start) {

  enum Kind {
    START,
    BEAT,
    END
  }

  /**
   * Reads one line.
   *
   * @throws IllegalArgumentException if it is not such a line, naming it
   */
  static MainRecord parse(String line) {
    String[] words = line.split(" ", -1);
    if (words.length != 5 || words[2].isEmpty() || words[4].isEmpty()) {
      throw new IllegalArgumentException("not a record of main: \"" + line + "\"");
    }
    try {
      Kind kind = Kind.valueOf(words[0].toUpperCase(java.util.Locale.ROOT));
      long bootMillis = new java.math.BigDecimal(words[1]).movePointRight(3).longValueExact();
      return new MainRecord(kind, bootMillis, words[2], Long.parseLong(words[3]), words[4]);
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw new IllegalArgumentException("not a record of main: \"" + line + "\"", e);
    }
  }
}
