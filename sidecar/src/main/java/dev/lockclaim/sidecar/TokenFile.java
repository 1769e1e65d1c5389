package dev.lockclaim.sidecar;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file that shows main's token: decimal and a newline while main may run, empty otherwise.
 * Readers see the old content or the new, never a part.
 */
final class TokenFile {
  private static final Logger log = LoggerFactory.getLogger(TokenFile.class);

  private final Path path;
  private final Path fresh;

  TokenFile(Path path) {
    this.path = path;
    this.fresh = path.resolveSibling("." + path.getFileName() + ".new");
  }

  /**
   * Shows a token, or nothing for 0. After a failure there is no file rather than a former token;
   * the token in main's environment and on the socket is not touched by it.
   */
  void show(long token) {
    try {
      byte[] content =
          token == 0 ? new byte[0] : (token + "\n").getBytes(StandardCharsets.US_ASCII);
      Files.write(fresh, content);
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      log.error("cannot write the token file {}: is the volume full or read-only?", path, e);
      removeFormer();
    }
  }

  private void removeFormer() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      log.error("cannot remove {}, which may show a former token: check the volume", path, e);
    }
  }
}
