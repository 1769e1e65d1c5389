package dev.lockclaim.operator.etcd;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.util.io.pem.PemObject;

/** Private keys as their users need them. */
final class PrivateKeys {
  private PrivateKeys() {}

  /**
   * The key as PKCS #8, which every sidecar can read; cert-manager and older tools write PKCS #1
   * and SEC 1.
   *
   * @throws IOException when it is no private key, or one under a password
   */
  static String pkcs8(String pem) throws IOException {
    try (PEMParser parser = new PEMParser(new StringReader(pem))) {
      for (Object found = parser.readObject(); found != null; found = parser.readObject()) {
        if (found instanceof PEMKeyPair pair) {
          return write(pair.getPrivateKeyInfo());
        }
        if (found instanceof PrivateKeyInfo key) {
          return write(key);
        }
        // The parameters of a curve may stand before an EC key.
      }
    }
    throw new IOException("no private key without a password is in it");
  }

  private static String write(PrivateKeyInfo key) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(new PemObject("PRIVATE KEY", key.getEncoded()));
    }
    return text.toString().strip();
  }
}
