package dev.lockclaim.sidecar.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Lays the options about etcd out as the folder that the lock reads, as a pod's Secret would be.
 * Files that the user named are linked to, so that they may be rotated.
 */
public final class EtcdFiles {
  private EtcdFiles() {}

  /**
   * Makes {@code folder}, for its owner only.
   *
   * @throws IOException when it cannot be written
   */
  public static void write(LockOptions options, Path folder) throws IOException {
    Files.createDirectory(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(folder.resolve("endpoints"), String.join(",", options.etcd()));
    Files.writeString(folder.resolve("prefix"), options.prefix);
    if (options.user != null) {
      Files.writeString(folder.resolve("username"), options.user);
    }
    if (options.passwordFile == null && options.password().isPresent()) {
      Files.writeString(folder.resolve("password"), options.password().get());
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
