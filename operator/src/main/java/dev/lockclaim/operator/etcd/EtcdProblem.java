package dev.lockclaim.operator.etcd;

import dev.lockclaim.lock.etcd.EtcdFailure;
import java.io.IOException;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLException;

/** Why etcd cannot be used: a reason for the condition, and one sentence that says what to do. */
public final class EtcdProblem extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  EtcdProblem(String reason, String message) {
    this(reason, message, null);
  }

  private EtcdProblem(String reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What the files say cannot be. */
  static EtcdProblem misconfigured(IOException e) {
    return new EtcdProblem("EtcdMisconfigured", sentence(e.getMessage()), e);
  }

  /** A call failed. */
  static EtcdProblem of(EtcdFailure failure) {
    return switch (failure.kind()) {
      case CREDENTIALS ->
          new EtcdProblem(
              "EtcdUnauthorized",
              "etcd refuses the user or password of the operator: correct the operator's etcd Secret.",
              failure);
      case DENIED ->
          new EtcdProblem(
              "EtcdUnauthorized",
              "etcd lets the operator's user do too little: give it the role root.",
              failure);
      case UNKNOWN, NO_LEASE -> {
        if (failure.getCause() instanceof IOException notConnected
            && !(notConnected instanceof SSLException)) {
          yield misconfigured(notConnected);
        }
        yield new EtcdProblem(
            isTls(failure) ? "EtcdUntrusted" : "EtcdUnreachable", failure.getMessage(), failure);
      }
    };
  }

  /** One CamelCase word. */
  public String reason() {
    return reason;
  }

  private static boolean isTls(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException || cause instanceof GeneralSecurityException) {
        return true;
      }
    }
    return false;
  }

  private static String sentence(String text) {
    return text.endsWith(".") ? text : text + ".";
  }
}
