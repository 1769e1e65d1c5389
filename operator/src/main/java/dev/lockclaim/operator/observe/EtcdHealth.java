package dev.lockclaim.operator.observe;

/**
 * How the operator gets on with etcd.
 *
 * @param reason one CamelCase word, as in the condition EtcdReachable
 * @param message one sentence
 */
public record EtcdHealth(State state, String reason, String message) {
  /** In a word. */
  public enum State {
    /** Not tried yet. */
    UNKNOWN,
    /** The last exchange went well. */
    REACHABLE,
    /** It did not. */
    UNREACHABLE
  }

  /** Before the first try. */
  public static final EtcdHealth NOT_TRIED =
      new EtcdHealth(State.UNKNOWN, "Connecting", "etcd has not been reached yet.");

  /** All is well. */
  public static EtcdHealth reachable(String version) {
    return new EtcdHealth(State.REACHABLE, "Reachable", "etcd " + version + " answers.");
  }

  /** Something is wrong. */
  public static EtcdHealth unreachable(String reason, String message) {
    return new EtcdHealth(State.UNREACHABLE, reason, message);
  }

  /** Whether etcd can be used. */
  public boolean ok() {
    return state == State.REACHABLE;
  }
}
