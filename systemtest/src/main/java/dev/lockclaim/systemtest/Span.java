package dev.lockclaim.systemtest;

/**
 * One start of main, from the first record of any of its processes to the last. Main was active at
 * least that long. Times are of CLOCK_BOOTTIME.
 *
 * @param ended whether main itself wrote that it ends; a killed one does not
 */
public record Span(
    String start, String pod, long token, long firstNanos, long lastNanos, boolean ended) {
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** The first record, rounded down. */
  public long firstMillis() {
    return firstNanos / NANOS_PER_MILLI;
  }

  /** The last record, rounded down. */
  public long lastMillis() {
    return lastNanos / NANOS_PER_MILLI;
  }
}
