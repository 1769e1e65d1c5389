package dev.lockclaim.bench.peers;

/** Tells the driver what happened. Safe for use by many threads. */
final class Events {
  private Events() {}

  /**
   * Writes one event.
   *
   * @param nanos when it was; CLOCK_MONOTONIC, which is what Java's nanoTime reads on Linux
   */
  static void tell(String event, int index, long nanos) {
    // One write for a line: those of many threads do not mix.
    System.out.println(event + " " + index + " " + nanos);
  }

  static void failed(int index, Exception why) {
    System.out.println(
        "failed "
            + index
            + " "
            + System.nanoTime()
            + " "
            + String.valueOf(why).lines().findFirst());
  }
}
