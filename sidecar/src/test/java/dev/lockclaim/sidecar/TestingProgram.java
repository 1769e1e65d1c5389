package dev.lockclaim.sidecar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code lockclaim} as a process of its own, from the classes under test. */
public final class TestingProgram implements AutoCloseable {
  private final Process process;
  private final Path output;

  private TestingProgram(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /** Starts it; stdout and stderr go to a file in {@code folder}. */
  public static TestingProgram start(
      Path folder, Map<String, String> environment, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx32m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Lockclaim.class.getName()));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile(folder, "lockclaim-", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("LOCKCLAIM_GATE", TestingTools.gate().toString());
    builder.environment().putAll(environment);
    return new TestingProgram(builder.start(), output);
  }

  public Process process() {
    return process;
  }

  public String output() {
    try {
      return Files.readString(output, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for its end and gives its exit status. */
  public int status() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running; it said: " + output());
    }
    return process.exitValue();
  }

  /** Ends it as SIGKILL would, or after SIGTERM when it does not listen. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
