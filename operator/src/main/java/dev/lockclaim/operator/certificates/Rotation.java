package dev.lockclaim.operator.certificates;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Decides what to do with the certificates. Pure. */
final class Rotation {
  /** What to do next. */
  enum Step {
    /** All is well. */
    KEEP,
    /** Nothing usable is there: make all of it. */
    CREATE,
    /** Have the API server trust a new authority besides the old one; the leaf follows later. */
    NEW_AUTHORITY,
    /** Sign a new leaf with the newest authority. */
    NEW_LEAF
  }

  // Time for the API servers to learn that they may trust a new authority, before the webhook
  // serves a leaf that it signed.
  static final Duration SETTLE = Duration.ofMinutes(1);

  private Rotation() {}

  static Step decide(Optional<WebhookCertificates> found, List<String> dnsNames, Instant now) {
    if (found.isEmpty()) {
      return Step.CREATE;
    }
    WebhookCertificates certificates = found.get();
    X509Certificate authority = certificates.authorities().getFirst();
    if (remaining(certificates.leaf(), now).isNegative()
        || remaining(authority, now).isNegative()) {
      return Step.CREATE;
    }
    if (!certificates.leafIsFromNewestAuthority()) {
      return now.isBefore(certificates.authoritySince().plus(SETTLE)) ? Step.KEEP : Step.NEW_LEAF;
    }
    if (dueForRenewal(authority, now)) {
      return Step.NEW_AUTHORITY;
    }
    return dueForRenewal(certificates.leaf(), now) || !serves(certificates, dnsNames)
        ? Step.NEW_LEAF
        : Step.KEEP;
  }

  private static boolean dueForRenewal(X509Certificate certificate, Instant now) {
    Duration lifetime =
        Duration.between(
            certificate.getNotBefore().toInstant(), certificate.getNotAfter().toInstant());
    return remaining(certificate, now).compareTo(lifetime.dividedBy(3)) < 0;
  }

  private static Duration remaining(X509Certificate certificate, Instant now) {
    return Duration.between(now, certificate.getNotAfter().toInstant());
  }

  private static boolean serves(WebhookCertificates certificates, List<String> dnsNames) {
    try {
      return certificates.dnsNames().containsAll(dnsNames);
    } catch (CertificateParsingException unreadable) {
      return false;
    }
  }
}
