package dev.lockclaim.sidecar.gates;

/** What can happen to the gates of a pod. */
sealed interface Event {

  /** A gate's line came in. */
  record Said(long link, GateLine line) implements Event {}

  /** A connection has ended, for whatever reason. */
  record Lost(long link) implements Event {}

  /**
   * A gate's process has ended, and with its PID namespace all that it ran: seen by who started it,
   * not told by a line.
   */
  record Gone(String container) implements Event {}

  /** A gate's clock was compared with ours. */
  record ClockCompared(long link, boolean agrees) implements Event {}

  /** The lock has been granted: run main. */
  record RunAsked(long token, int slot, Times times) implements Event {}

  /** The lease has been renewed. */
  record TimesAsked(long token, Times times) implements Event {}

  /** The lock wants main to end. */
  record StopAsked(long token, long graceMillis) implements Event {}
}
