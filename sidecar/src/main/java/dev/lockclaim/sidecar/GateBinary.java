package dev.lockclaim.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** Where the gate is, and how it comes to where main's containers find it. */
public final class GateBinary {
  /** Names the gate's place where it is not the image's. */
  public static final String ENVIRONMENT = "LOCKCLAIM_GATE";

  /** Where the image has the gate. */
  private static final Path IN_IMAGE = Path.of("/app/gate");

  private GateBinary() {}

  /** The gate's place: LOCKCLAIM_GATE, or the image's. */
  public static Path path(Map<String, String> environment) {
    String named = environment.get(ENVIRONMENT);
    return named == null || named.isBlank() ? IN_IMAGE : Path.of(named.strip());
  }

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
