package dev.lockclaim.operator.certificates;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.List;

/** A certificate for a server on localhost, and the authority that signed it. */
public record TestingAuthority(String authorityPem, String serverPem, String serverKeyPem) {
  /** Makes one. */
  public static TestingAuthority create() {
    try {
      WebhookCertificates made = WebhookCertificates.create(List.of("localhost"), Instant.now());
      return new TestingAuthority(made.bundle(), Pem.of(made.leaf()), Pem.of(made.leafKey()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes server.crt and server.key into the folder. */
  public void writeTo(Path folder) throws IOException {
    Files.writeString(folder.resolve("server.crt"), serverPem);
    Files.writeString(folder.resolve("server.key"), serverKeyPem);
  }
}
