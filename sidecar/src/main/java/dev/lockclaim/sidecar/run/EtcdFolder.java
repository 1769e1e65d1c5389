package dev.lockclaim.sidecar.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lays the options about etcd out as the folder that the lock reads, as a pod's Secret would be.
 * Files that the user named are linked to, so that they may be rotated.
 */
final class EtcdFolder {
  private EtcdFolder() {}

  static void write(RunOptions options, Path folder) throws IOException {
    Files.createDirectory(folder);
    Files.writeString(folder.resolve("endpoints"), String.join(",", options.etcd));
    Files.writeString(folder.resolve("prefix"), options.prefix);
    if (options.user != null) {
      Files.writeString(folder.resolve("username"), options.user);
    }
    link(folder.resolve("password"), options.passwordFile);
    link(folder.resolve("ca.crt"), options.caCertificate);
    link(folder.resolve("tls.crt"), options.certificate);
    link(folder.resolve("tls.key"), options.key);
  }

  private static void link(Path name, Path target) throws IOException {
    if (target != null) {
      Files.createSymbolicLink(name, target.toAbsolutePath());
    }
  }
}
