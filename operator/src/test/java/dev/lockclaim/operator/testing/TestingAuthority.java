package dev.lockclaim.operator.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An authority that signs certificates, made by openssl. */
public final class TestingAuthority implements AutoCloseable {
  private static final List<String> KEY =
      List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2");

  private final Path folder;

  /** A certificate and its key. */
  public record Pair(String certificate, String key) {}

  public TestingAuthority() {
    try {
      folder = Files.createTempDirectory("lockclaim-authority-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    request("ca", "-x509", "-subj", "/CN=Lockclaim testing");
  }

  /** The authority's own certificate. */
  public String certificate() {
    return read("ca.crt");
  }

  /** For a server on localhost. */
  public Pair server() {
    return issue("server", "localhost", "serverAuth");
  }

  /** For a client of this name. */
  public Pair client(String name) {
    return issue("client", name, "clientAuth");
  }

  /** The same key in the format of older tools, which begins with BEGIN EC PRIVATE KEY. */
  public Pair traditional(Pair pair) {
    write("modern.key", pair.key());
    openssl("ec", "-in", "modern.key", "-out", "traditional.key");
    return new Pair(pair.certificate(), read("traditional.key"));
  }

  @Override
  public void close() {
    TestingEtcd.deleteTree(folder);
  }

  private Pair issue(String file, String name, String use) {
    request(
        file,
        "-x509",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-subj",
        "/CN=" + name,
        "-addext",
        "subjectAltName=DNS:" + name,
        "-addext",
        "extendedKeyUsage=" + use,
        "-addext",
        "basicConstraints=critical,CA:FALSE");
    return new Pair(read(file + ".crt"), read(file + ".key"));
  }

  private void request(String file, String... more) {
    List<String> arguments = new ArrayList<>(List.of("req"));
    arguments.addAll(KEY);
    arguments.addAll(List.of("-keyout", file + ".key", "-out", file + ".crt"));
    arguments.addAll(List.of(more));
    openssl(arguments.toArray(String[]::new));
  }

  private void openssl(String... arguments) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + " failed: " + output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void write(String file, String text) {
    try {
      Files.writeString(folder.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String read(String file) {
    try {
      return Files.readString(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
