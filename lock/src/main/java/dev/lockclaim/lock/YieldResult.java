package dev.lockclaim.lock;

/** How a yield goes. */
public sealed interface YieldResult {
  /** Main is being stopped. */
  record Accepted() implements YieldResult {}

  /** It is not done; the sentence says why. */
  record Declined(String sentence) implements YieldResult {}
}
