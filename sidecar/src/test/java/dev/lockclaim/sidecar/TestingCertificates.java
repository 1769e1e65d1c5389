package dev.lockclaim.sidecar;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** An authority of its own with what it has signed, made by openssl. */
public final class TestingCertificates {
  private final Path folder;

  /** Makes the authority. */
  public TestingCertificates(Path folder) throws IOException, InterruptedException {
    this.folder = Files.createDirectories(folder);
    openssl(
        List.of(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2",
            "-keyout ca.key -out ca.crt"),
        "/CN=authority of " + folder.getFileName());
  }

  public Path authority() {
    return folder.resolve("ca.crt");
  }

  public Path certificate(String name) {
    return folder.resolve(name + ".crt");
  }

  public Path key(String name) {
    return folder.resolve(name + ".key");
  }

  /** Signs a certificate for 127.0.0.1 that serves on either end. */
  public TestingCertificates sign(String name) throws IOException, InterruptedException {
    Files.writeString(
        folder.resolve(name + ".ext"),
        "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n");
    openssl(
        List.of(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes",
            "-keyout " + name + ".key -out " + name + ".csr"),
        "/CN=" + name);
    openssl(
        List.of(
            "x509 -req -days 2 -CA ca.crt -CAkey ca.key -CAcreateserial",
            "-in " + name + ".csr -out " + name + ".crt -extfile " + name + ".ext"),
        "");
    return this;
  }

  private void openssl(List<String> words, String subject)
      throws IOException, InterruptedException {
    List<String> command =
        new java.util.ArrayList<>(List.of(("openssl " + String.join(" ", words)).split(" ")));
    if (!subject.isEmpty()) {
      command.addAll(List.of("-subj", subject));
    }
    Process running =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (running.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed: " + output);
    }
  }
}
