package dev.lockclaim.sidecar.http;

/** Answers one kind of request. */
@FunctionalInterface
public interface Handler {
  /**
   * Answers {@code exchange} now or later, once. Called on the event loop: must not block.
   *
   * @throws RuntimeException answered as an internal error
   */
  void handle(Exchange exchange);
}
