package dev.lockclaim.systemtest;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Commands on the machine that the nodes are part of, and faults below Kubernetes. */
final class Machine {
  static final Path ROOT = Path.of(System.getProperty("lockclaim.root", "..")).toAbsolutePath();

  /** A folder of the machine for what tests write; scripts/system-test deletes it. */
  static final Path WORK =
      Path.of(System.getProperty("lockclaim.work", System.getProperty("java.io.tmpdir")));

  private static final String KUBECONFIG = System.getProperty("lockclaim.kubeconfig", "");
  private static final Path BIN = Path.of(System.getProperty("lockclaim.bin", ""));

  /** Against hanging; a command that waits for the cluster has a shorter limit of its own. */
  private static final int COMMAND_MINUTES = 4;

  private Machine() {}

  static KubernetesClient client() {
    Config config = Config.fromKubeconfig(Path.of(KUBECONFIG).toFile());
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  /** The rest of the test needs nodes that are part of this machine. */
  static void assumeTestbed() {
    Assumptions.assumeTrue(
        System.getProperty("lockclaim.testbed", "yes").equals("yes"),
        "kills processes below Kubernetes, which only the testbed lets it do");
  }

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

  /** STOP or CONT for the kubelet of the first node. */
  static void signalKubelet(String signal) {
    Path recorded = BIN.resolveSibling("testbed/nodes/node-1/daemons/kubelet");
    try {
      run("kill", "-" + signal, Files.readString(recorded).split(" ", 2)[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Output and errors; throws with both when the command fails. */
  private static String run(String command, String... arguments) {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(line).directory(ROOT.toFile());
    builder.environment().put("KUBECONFIG", KUBECONFIG);
    builder.redirectErrorStream(true);
    try {
      // Into a file: reading a pipe would wait for a command that hangs, or for what it left
      // behind.
      Path output = Files.createTempFile("lockclaim-command-", ".log");
      try {
        Process process = builder.redirectOutput(output.toFile()).start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(COMMAND_MINUTES, TimeUnit.MINUTES);
        if (!ended) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
        }
        String said = Files.readString(output, StandardCharsets.UTF_8);
        if (!ended || process.exitValue() != 0) {
          String what =
              ended ? " failed: " : " did not end within " + COMMAND_MINUTES + " minutes: ";
          throw new IllegalStateException(line + what + said);
        }
        return said;
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
