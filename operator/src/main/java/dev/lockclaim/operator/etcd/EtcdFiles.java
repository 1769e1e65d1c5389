package dev.lockclaim.operator.etcd;

import dev.lockclaim.lock.etcd.EtcdFolder;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the files about etcd said at one moment: those that {@link EtcdFolder} names, and what pods
 * get besides, client.crt and client.key (made PKCS #8, if it was not). They are a mounted Secret
 * and change under us.
 */
public record EtcdFiles(List<URI> endpoints, String prefix, Map<String, String> texts) {
  private static final String PODS_KEY = "client.key";
  private static final List<String> KNOWN =
      List.of("ca.crt", "tls.crt", "tls.key", "username", "password", "client.crt", PODS_KEY);

  /** Copies. */
  public EtcdFiles {
    endpoints = List.copyOf(endpoints);
    texts = Map.copyOf(texts);
  }

  static EtcdFiles read(EtcdFolder folder) throws EtcdProblem {
    try {
      Map<String, String> texts = new TreeMap<>();
      for (String name : KNOWN) {
        folder.text(name).ifPresent(text -> texts.put(name, text));
      }
      both(texts, folder, "tls.crt", "tls.key");
      both(texts, folder, "client.crt", "client.key");
      if (texts.containsKey(PODS_KEY)) {
        texts.put(PODS_KEY, podsKey(folder, texts.get(PODS_KEY)));
      }
      return new EtcdFiles(folder.endpoints(), folder.prefix(), texts);
    } catch (IOException e) {
      throw EtcdProblem.misconfigured(e);
    }
  }

  /** A file's text; none for a file that is absent or empty. */
  public Optional<String> text(String name) {
    return Optional.ofNullable(texts.get(name));
  }

  private static String podsKey(EtcdFolder folder, String pem) throws IOException {
    try {
      return PrivateKeys.pkcs8(pem);
    } catch (IOException e) {
      throw new IOException(
          folder.folder().resolve(PODS_KEY)
              + " is no key for pods: "
              + e.getMessage()
              + "; put the private key of client.crt there, as PEM",
          e);
    }
  }

  private static void both(
      Map<String, String> texts, EtcdFolder folder, String certificate, String key)
      throws IOException {
    if (texts.containsKey(certificate) != texts.containsKey(key)) {
      throw new IOException(
          folder.folder()
              + " has only one of "
              + certificate
              + " and "
              + key
              + ": put both there, or none");
    }
  }
}
