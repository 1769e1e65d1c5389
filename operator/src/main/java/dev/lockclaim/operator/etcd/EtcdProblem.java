package dev.lockclaim.operator.etcd;

/** Why etcd cannot be used: a reason for the condition, and one sentence that says what to do. */
public final class EtcdProblem extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  EtcdProblem(String reason, String message) {
    super(message);
    this.reason = reason;
  }

  EtcdProblem(String reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** One CamelCase word. */
  public String reason() {
    return reason;
  }
}
