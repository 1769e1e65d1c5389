package dev.lockclaim.systemtest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Commands on the machine that the nodes are part of, and faults below Kubernetes. */
final class Machine {
  static final String KUBECONFIG = System.getProperty("lockclaim.kubeconfig", "");
  static final Path ROOT = Path.of(System.getProperty("lockclaim.root", "..")).toAbsolutePath();
  private static final Path BIN = Path.of(System.getProperty("lockclaim.bin", ""));

  private Machine() {}

  static String kubectl(String... arguments) {
    return run(BIN.resolve("kubectl").toString(), arguments);
  }

  static String helm(String... arguments) {
    return run(BIN.resolve("helm").toString(), arguments);
  }

  /** SIGKILL for every process of the pod, or of one of its containers, by one kill(1). */
  static void killPod(String namespace, String pod, String... container) {
    List<String> arguments = new ArrayList<>();
    if (container.length > 0) {
      arguments.addAll(List.of("--container", container[0]));
    }
    arguments.addAll(List.of(namespace, pod));
    String pids =
        run(ROOT.resolve("testbed/pod-pids").toString(), arguments.toArray(String[]::new));
    // One that has ended since it was listed makes kill(1) fail, the others are killed all the
    // same.
    run("sh", "-c", "kill -KILL " + pids.trim().replace('\n', ' ') + " || true");
  }

  /** Standard output; throws with standard error when the command fails. */
  private static String run(String command, String... arguments) {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(line).directory(ROOT.toFile());
    builder.environment().put("KUBECONFIG", KUBECONFIG);
    builder.redirectErrorStream(true);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IllegalStateException(line + " failed: " + output);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
