package dev.lockclaim.sidecar.gates;

/** What is to be done after an {@link Event}, in order. */
sealed interface Command {

  /** Answer a gate's hello, and compare clocks. */
  record Greet(long link) implements Command {}

  /** Send a line. */
  record Send(long link, SidecarLine line) implements Command {}

  /** Close a connection, after a line that says why. */
  record Drop(long link, String why) implements Command {}

  /** Write the token file: the token of main, or 0 for none. */
  record ShowToken(long token) implements Command {}

  /** Something to tell the lock. */
  sealed interface Tell extends Command {}

  /** All gates are ready to start main, or no longer. */
  record Ready(boolean ready) implements Tell {}

  /** Main runs in all containers. */
  record Started(long token) implements Tell {}

  /** Main has run in no container, and will not by the RUN that was sent. */
  record Refused(long token, Refusal reason) implements Tell {}

  /** Main is on its way out. */
  record Stopping(long token) implements Tell {}

  /** Main has ended in all containers. */
  record Ended(long token, MainEnd end) implements Tell {}

  /** The connection to a gate broke while its main runs or may run. */
  record GateLost() implements Tell {}
}
