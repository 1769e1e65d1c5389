package dev.lockclaim.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Real programs that the tests use: the gate, built from the tree, and etcd. */
public final class TestingTools {
  private TestingTools() {}

  /** Top folder of the source tree. */
  public static Path root() {
    return Path.of(System.getProperty("lockclaim.root", ".."));
  }

  /** A program that testbed/tools has built. */
  public static Path tool(String name) {
    Path tool = Path.of(System.getProperty("lockclaim.bin")).resolve(name);
    assertThat(tool).as("run testbed/tools %s first", name).isExecutable();
    return tool;
  }

  /** The gate, built when it is not up to date. */
  public static Path gate() {
    Path folder = root().resolve("gate");
    try {
      Process make =
          new ProcessBuilder("make", "-s", "-C", folder.toString(), "all")
              .redirectErrorStream(true)
              .start();
      String output = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(make.waitFor(1, TimeUnit.MINUTES) && make.exitValue() == 0)
          .as("make -C gate: %s", output)
          .isTrue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while building the gate", e);
    }
    Path gate = folder.resolve("build/gate");
    assertThat(Files.isExecutable(gate)).isTrue();
    return gate;
  }
}
