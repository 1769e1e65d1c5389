package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Commands of this machine that end soon. */
final class Shell {
  /** What answers at all answers by then, on a busy machine too. */
  private static final long LIMIT_SECONDS = 20;

  /** Of a command in a message: class paths are long. */
  private static final int BRIEF = 160;

  private Shell() {}

  /**
   * Runs a command.
   *
   * @return what it printed
   * @throws IOException when it fails or takes too long, with what it said
   */
  static String run(String... command) throws IOException, InterruptedException {
    return run(Map.of(), "", List.of(command));
  }

  static String run(Map<String, String> environment, String input, List<String> command)
      throws IOException, InterruptedException {
    return run(environment, input, command, LIMIT_SECONDS);
  }

  static String run(
      Map<String, String> environment, String input, List<String> command, long limitSeconds)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    CompletableFuture<String> output = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> output.complete(read(process.getInputStream())));
    try {
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It has ended without reading; its status says more.
      }
      if (!process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
        throw new IOException(brief(command) + " has not ended within " + limitSeconds + " s");
      }
      String said = output.get();
      if (process.exitValue() != 0) {
        throw new IOException(
            brief(command) + " ended with " + process.exitValue() + ": " + said.strip());
      }
      return said;
    } catch (ExecutionException e) {
      throw new IOException(brief(command) + ": its output cannot be read", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String brief(List<String> command) {
    String all = String.join(" ", command);
    return all.length() <= BRIEF ? all : all.substring(0, BRIEF) + "…";
  }

  /** Like {@link #run}, but a status other than 0 is no failure: it may have told enough. */
  static String attempt(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    List<String> lenient = new java.util.ArrayList<>(List.of("sh", "-c", "\"$@\" || true", "sh"));
    lenient.addAll(command);
    return run(environment, "", lenient);
  }

  private static String read(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
