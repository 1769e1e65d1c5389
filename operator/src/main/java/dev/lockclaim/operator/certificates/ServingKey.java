package dev.lockclaim.operator.certificates;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * The key that the webhook's TLS uses: each new connection takes the one that was set last. Safe
 * for use by many threads.
 */
final class ServingKey extends X509ExtendedKeyManager {
  private static final String ALIAS = "webhook";

  private volatile Keys.Pair current;

  void set(X509Certificate leaf, PrivateKey key) {
    current = new Keys.Pair(leaf, key);
  }

  /** The certificate that is served, null before the first. */
  X509Certificate certificate() {
    Keys.Pair pair = current;
    return pair == null ? null : pair.certificate();
  }

  SSLContext context() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {this}, null, null);
    return context;
  }

  @Override
  public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
    return alias(keyType);
  }

  private String alias(String keyType) {
    Keys.Pair pair = current;
    return pair != null && keyType.startsWith("EC") ? ALIAS : null;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    Keys.Pair pair = current;
    return pair == null ? new X509Certificate[0] : new X509Certificate[] {pair.certificate()};
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    Keys.Pair pair = current;
    return pair == null ? null : pair.key();
  }

  @Override
  public String[] getServerAliases(String keyType, Principal[] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public String[] getClientAliases(String keyType, Principal[] issuers) {
    return new String[0];
  }

  @Override
  public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
    return null;
  }
}
