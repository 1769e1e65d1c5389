package dev.lockclaim.operator.certificates;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is in the Secret.
 *
 * @param authorities whom the API server trusts, the newest first
 * @param authorityKey key of the newest
 * @param leaf what the webhook serves; signed by the newest authority, or by an older one for a
 *     moment while it changes
 * @param authoritySince when the newest authority was put into the Secret
 */
record WebhookCertificates(
    List<X509Certificate> authorities,
    PrivateKey authorityKey,
    X509Certificate leaf,
    PrivateKey leafKey,
    Instant authoritySince) {

  private static final String AUTHORITY_SINCE = "authority-since";

  WebhookCertificates {
    authorities = List.copyOf(authorities);
  }

  static WebhookCertificates create(List<String> dnsNames, Instant now)
      throws GeneralSecurityException {
    Keys.Pair authority = Keys.authority(now);
    Keys.Pair leaf = Keys.leaf(authority, dnsNames, now);
    return new WebhookCertificates(
        List.of(authority.certificate()), authority.key(), leaf.certificate(), leaf.key(), now);
  }

  /** The same leaf, a new authority before the newest so far. */
  WebhookCertificates withNewAuthority(Instant now) throws GeneralSecurityException {
    Keys.Pair authority = Keys.authority(now);
    return new WebhookCertificates(
        List.of(authority.certificate(), authorities.getFirst()),
        authority.key(),
        leaf,
        leafKey,
        now);
  }

  /** The same authorities, a new leaf signed by the newest. */
  WebhookCertificates withNewLeaf(List<String> dnsNames, Instant now)
      throws GeneralSecurityException {
    Keys.Pair made = Keys.leaf(new Keys.Pair(authorities.getFirst(), authorityKey), dnsNames, now);
    return new WebhookCertificates(
        authorities, authorityKey, made.certificate(), made.key(), authoritySince);
  }

  boolean leafIsFromNewestAuthority() {
    return leaf.getIssuerX500Principal().equals(authorities.getFirst().getSubjectX500Principal());
  }

  List<String> dnsNames() throws CertificateParsingException {
    List<String> names = new ArrayList<>();
    if (leaf.getSubjectAlternativeNames() != null) {
      leaf.getSubjectAlternativeNames().forEach(name -> names.add(name.get(1).toString()));
    }
    return names;
  }

  /** What the API server trusts, as in clientConfig.caBundle before base64. */
  String bundle() throws GeneralSecurityException {
    StringBuilder bundle = new StringBuilder();
    for (X509Certificate authority : authorities) {
      bundle.append(Pem.of(authority));
    }
    return bundle.toString();
  }

  /** As data of a Secret of type kubernetes.io/tls. */
  Map<String, String> toSecretData() throws GeneralSecurityException {
    Map<String, String> data = new LinkedHashMap<>();
    data.put("ca.crt", encode(bundle()));
    data.put("ca.key", encode(Pem.of(authorityKey)));
    data.put("tls.crt", encode(Pem.of(leaf)));
    data.put("tls.key", encode(Pem.of(leafKey)));
    data.put(AUTHORITY_SINCE, encode(authoritySince.toString()));
    return data;
  }

  /** Empty when something is missing or cannot be read: it is then made anew. */
  static Optional<WebhookCertificates> fromSecretData(Map<String, String> data) {
    if (data == null
        || !data.keySet()
            .containsAll(List.of("ca.crt", "ca.key", "tls.crt", "tls.key", AUTHORITY_SINCE))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new WebhookCertificates(
              Pem.certificates(decode(data.get("ca.crt"))),
              Pem.key(decode(data.get("ca.key"))),
              Pem.certificates(decode(data.get("tls.crt"))).getFirst(),
              Pem.key(decode(data.get("tls.key"))),
              Instant.parse(decode(data.get(AUTHORITY_SINCE)))));
    } catch (GeneralSecurityException | RuntimeException damaged) {
      return Optional.empty();
    }
  }

  private static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
