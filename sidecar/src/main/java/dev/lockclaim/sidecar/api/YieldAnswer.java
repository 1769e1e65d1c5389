package dev.lockclaim.sidecar.api;

/** How a yield that was asked for on the socket goes. */
public sealed interface YieldAnswer {

  /** Main is being stopped; the lock goes to somebody else when it has ended. */
  record Accepted() implements YieldAnswer {}

  /**
   * It is not done.
   *
   * @param sentence why not, and what would help
   */
  record Declined(String sentence) implements YieldAnswer {}
}
