package dev.lockclaim.operator.webhook;

import java.io.IOException;

/** A request that is no AdmissionReview; the message says why. */
public final class NoReview extends IOException {
  private static final long serialVersionUID = 1L;

  NoReview(String message) {
    super(message);
  }
}
