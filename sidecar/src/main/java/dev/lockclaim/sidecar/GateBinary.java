package dev.lockclaim.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Puts the gate where main's containers find it. */
final class GateBinary {
  private GateBinary() {}

  /**
   * Copies {@code source} to {@code target}, executable for every user. It appears there whole or
   * not at all, also while an older one runs.
   *
   * @throws IOException when the source is missing or the folder cannot be written
   */
  static void install(Path source, Path target) throws IOException {
    Path fresh = target.resolveSibling("." + target.getFileName() + ".new");
    Files.copy(source, fresh, StandardCopyOption.REPLACE_EXISTING);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
  }
}
