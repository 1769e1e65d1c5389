package dev.lockclaim.operator.etcd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The folder of files that says how to reach etcd: endpoints, prefix, ca.crt, tls.crt, tls.key,
 * username, password; and what pods get besides: client.crt and client.key. A mounted Secret; its
 * files change under us and are read anew for each connection.
 */
public record EtcdFolder(Map<String, String> files) {
  private static final List<String> KNOWN =
      List.of(
          "endpoints",
          "prefix",
          "ca.crt",
          "tls.crt",
          "tls.key",
          "username",
          "password",
          "client.crt",
          "client.key");

  private static final String DEFAULT_PREFIX = "/lockclaim";

  /** Copies the map. */
  public EtcdFolder {
    files = Map.copyOf(files);
  }

  /** Reads the files. */
  public static EtcdFolder read(Path folder) throws EtcdProblem {
    Map<String, String> files = new TreeMap<>();
    for (String name : KNOWN) {
      Path file = folder.resolve(name);
      try {
        if (Files.isRegularFile(file)) {
          String text = Files.readString(file).strip();
          if (!text.isEmpty()) {
            files.put(name, text);
          }
        }
      } catch (IOException e) {
        throw new EtcdProblem(
            "EtcdMisconfigured",
            file
                + " cannot be read: "
                + e.getMessage()
                + "; mount the operator's etcd Secret there.",
            e);
      }
    }
    EtcdFolder read = new EtcdFolder(files);
    if (read.endpoints().isEmpty()) {
      throw new EtcdProblem(
          "EtcdMisconfigured",
          "No etcd endpoints are configured: set etcd.endpoints of the chart, or put them into "
              + folder.resolve("endpoints")
              + ".");
    }
    if (files.containsKey("tls.crt") != files.containsKey("tls.key")) {
      throw new EtcdProblem(
          "EtcdMisconfigured",
          folder + " has only one of tls.crt and tls.key: put both there, or none.");
    }
    return read;
  }

  /** The URLs. */
  public List<String> endpoints() {
    return Arrays.stream(files.getOrDefault("endpoints", "").split("[,\\s]+"))
        .filter(url -> !url.isEmpty())
        .toList();
  }

  /** Without a slash at its end. */
  public String prefix() {
    String prefix = files.getOrDefault("prefix", DEFAULT_PREFIX);
    return prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
  }

  /** Content of a file that may be absent. */
  public Optional<String> file(String name) {
    return Optional.ofNullable(files.get(name));
  }
}
