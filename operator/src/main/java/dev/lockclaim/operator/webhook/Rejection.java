package dev.lockclaim.operator.webhook;

/** Carries a refusal out of the middle of the injection; never leaves this package. */
final class Rejection extends Exception {
  private static final long serialVersionUID = 1L;

  private final RejectionReason reason;

  Rejection(RejectionReason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  Verdict.Rejected verdict() {
    return new Verdict.Rejected(reason, getMessage());
  }
}
