package dev.lockclaim.lock.etcd;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How etcd is reached: a folder of files, as a Secret is mounted. {@code endpoints} (URLs by comma
 * or line), {@code prefix}, and if needed {@code ca.crt}, {@code tls.crt}, {@code tls.key}, {@code
 * username}, {@code password}. Files are read anew for each connection, so they may rotate; the
 * endpoints before each renewal, so they may change.
 */
public record EtcdFolder(Path folder) {
  private static final String DEFAULT_PREFIX = "/lockclaim";

  /**
   * The members.
   *
   * @throws IOException when there are none, or one is not a URL of etcd
   */
  public List<URI> endpoints() throws IOException {
    List<URI> endpoints = new ArrayList<>();
    for (String url : text("endpoints").orElse("").split("[,\\s]+", -1)) {
      if (!url.isEmpty()) {
        endpoints.add(endpoint(url));
      }
    }
    if (endpoints.isEmpty()) {
      throw new IOException(
          folder.resolve("endpoints")
              + " is missing or empty: write the URLs of etcd's members there");
    }
    return endpoints;
  }

  /** Before all keys, without a slash at its end. */
  public String prefix() throws IOException {
    String prefix = text("prefix").orElse(DEFAULT_PREFIX);
    return prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
  }

  /** A file's text without white space around it; none for a file that is absent or empty. */
  public Optional<String> text(String name) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    String text = Files.readString(file).strip();
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  Optional<Path> file(String name) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Optional.of(file) : Optional.empty();
  }

  /** The certificate to show to etcd; its key is beside it. */
  Optional<Path> clientCertificate() throws IOException {
    Optional<Path> certificate = file("tls.crt");
    if (certificate.isPresent() != file("tls.key").isPresent()) {
      throw new IOException(
          folder + " has only one of tls.crt and tls.key: put both there, or none");
    }
    return certificate;
  }

  private static URI endpoint(String url) throws IOException {
    try {
      URI uri = URI.create(url);
      boolean scheme = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (scheme && uri.getHost() != null && uri.getPort() > 0) {
        return uri;
      }
    } catch (IllegalArgumentException notAUrl) {
      // said below
    }
    throw new IOException("\"" + url + "\" is no etcd endpoint: one looks like https://host:2379");
  }
}
