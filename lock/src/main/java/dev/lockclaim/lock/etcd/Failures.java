package dev.lockclaim.lock.etcd;

import io.grpc.Status;
import java.io.IOException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** What a failed call means. */
final class Failures {
  private Failures() {}

  static EtcdFailure of(URI endpoint, Exception e) {
    if (e instanceof IOException) {
      return new EtcdFailure(
          EtcdFailure.Kind.UNKNOWN, "etcd cannot be used: " + e.getMessage() + ".", e);
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (text.contains("requested lease not found")) {
        return new EtcdFailure(EtcdFailure.Kind.NO_LEASE, "The lease is not in etcd any more.", e);
      }
      if (text.contains("authentication failed") || text.contains("user name is empty")) {
        return new EtcdFailure(
            EtcdFailure.Kind.CREDENTIALS,
            "etcd at " + endpoint + " does not accept user and password; check them.",
            e);
      }
      if (text.contains("etcdserver: permission denied")) {
        return new EtcdFailure(
            EtcdFailure.Kind.DENIED,
            "etcd at "
                + endpoint
                + " denies access to the lock's keys; give the user read and write rights on the"
                + " lock's prefix.",
            e);
      }
      if (cause instanceof SSLException || cause instanceof GeneralSecurityException) {
        return new EtcdFailure(
            EtcdFailure.Kind.UNKNOWN,
            "The TLS connection to etcd at "
                + endpoint
                + " fails ("
                + cause.getMessage()
                + "); check ca.crt, tls.crt and tls.key.",
            e);
      }
    }
    if (isOfEtcd(e)) {
      String remedy =
          why(e).contains("database space exceeded")
              ? "compact and defragment it, then disarm its alarm."
              : "look at its log and its health.";
      return new EtcdFailure(
          EtcdFailure.Kind.UNKNOWN,
          "etcd at " + endpoint + " refuses for now (" + why(e) + "); " + remedy,
          e);
    }
    return new EtcdFailure(
        EtcdFailure.Kind.UNKNOWN,
        "etcd at " + endpoint + " does not answer (" + why(e) + "); check the endpoint and etcd.",
        e);
  }

  /** Whether etcd itself says so: the way to it is in order. */
  static boolean isOfEtcd(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (String.valueOf(cause.getMessage()).contains("etcdserver: ")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether etcd did not take the token of the request: it has expired, or etcd's users changed.
   */
  static boolean isTokenRefused(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      String text = String.valueOf(cause.getMessage());
      if (text.contains("etcdserver: invalid auth token")
          || text.contains("etcdserver: revision of auth store is old")
          || text.contains("auth: revision in header is old")) {
        return true;
      }
    }
    return false;
  }

  private static String why(Exception e) {
    if (e instanceof TimeoutException) {
      return "no answer in time";
    }
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String text = String.valueOf(root.getMessage());
    return text.equals("null") ? Status.fromThrowable(e).getCode().toString() : text;
  }
}
