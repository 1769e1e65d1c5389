package dev.lockclaim.sidecar.http;

/** A stream of server-sent events to one client. Safe for use by any thread. */
public interface EventStream {

  /**
   * Sends an event. When the client reads too slowly only the newest event is kept for it: events
   * here are snapshots, so nothing is lost that is still true.
   *
   * @param data one line of text
   */
  void send(String name, byte[] data);

  /** Runs {@code action} once, when the stream has ended; at once when it has already. */
  void onEnd(Runnable action);
}
