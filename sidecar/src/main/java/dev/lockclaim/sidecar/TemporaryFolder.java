package dev.lockclaim.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for this process only, gone when it is closed. */
public record TemporaryFolder(Path path) implements AutoCloseable {
  /**
   * Makes one; nobody but its owner sees into it.
   *
   * @throws IOException when there is no room for it
   */
  public static TemporaryFolder make() throws IOException {
    try {
      return new TemporaryFolder(Files.createTempDirectory("lockclaim-"));
    } catch (IOException e) {
      throw new IOException(
          "no folder can be made in "
              + System.getProperty("java.io.tmpdir")
              + ", which must be writable ("
              + e.getMessage()
              + ")",
          e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("lockclaim: " + path + " could not be removed: " + e.getMessage());
    }
  }
}
