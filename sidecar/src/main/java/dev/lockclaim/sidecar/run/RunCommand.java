package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.Leaving;
import dev.lockclaim.sidecar.LockHandle;
import dev.lockclaim.sidecar.Logging;
import dev.lockclaim.sidecar.Pod;
import dev.lockclaim.sidecar.WrongSettings;
import dev.lockclaim.sidecar.gates.RestartPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** {@code lockclaim run}: stands in line for a command, and ends with it. */
public final class RunCommand {
  /** The lock was lost and --on-loss exit was given. */
  static final int LOST = 124;

  /** Lockclaim itself cannot work. */
  static final int CANNOT_WORK = 125;

  /** From the gate's end until its last word has gone through. */
  private static final long LAST_WORD_SECONDS = 2;

  private final RunOptions options;
  private final Path folder;
  private final Process gate;
  private final Pod pod;
  private boolean finished;

  private RunCommand(RunOptions options, Path folder, Process gate, Pod pod) {
    this.options = options;
    this.folder = folder;
    this.gate = gate;
    this.pod = pod;
  }

  /**
   * Runs the subcommand.
   *
   * @return its exit status
   * @throws WrongSettings when an option is wrong
   */
  public static int run(List<String> arguments) throws WrongSettings {
    RunOptions options = RunOptions.of(arguments);
    if (options.help) {
      System.out.print(RunOptions.usage());
      return 0;
    }
    Logging.set(System.getenv("LOCKCLAIM_LOG_LEVEL"), options.verbose ? "info" : "warn");
    Path program = Gate.find();
    try {
      return start(options, program).attend();
    } catch (IOException e) {
      System.err.println("lockclaim: cannot start: " + e.getMessage());
      return CANNOT_WORK;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CANNOT_WORK;
    }
  }

  private static RunCommand start(RunOptions options, Path program)
      throws IOException, WrongSettings {
    Path folder = Files.createTempDirectory("lockclaim-");
    try {
      Path etcd = folder.resolve("etcd");
      EtcdFolder.write(options, etcd);
      LockHandle lock = LockHandle.open(lockSettings(options, etcd), stateFolder(options, folder));
      Pod pod = new Pod(lock, folder, List.of(Gate.CONTAINER), RestartPolicy.NEVER);
      pod.listen();
      Process gate =
          Gate.start(
              program,
              folder.resolve(Pod.GATE_SOCKET),
              lock.settings().stopGraceSeconds(),
              options);
      RunCommand command = new RunCommand(options, folder, gate, pod);
      Leaving.onSignal(command::leaveOnSignal);
      pod.start(new Teller(options)::tell);
      return command;
    } catch (IOException | WrongSettings | RuntimeException e) {
      delete(folder);
      throw e;
    }
  }

  /** The gate ends when the command has ended, or could not be started. */
  private int attend() throws InterruptedException {
    gate.waitFor();
    return finish();
  }

  private int leaveOnSignal() {
    gate.destroy(); // SIGTERM: it stops the command within its grace, and ends.
    try {
      gate.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return finish();
  }

  /** Both ways come here at once when the command ends on a signal; the first does the work. */
  private synchronized int finish() {
    if (!finished) {
      finished = true;
      try {
        // The gate has waited until its last word was read; what is left is to act on it.
        pod.awaitEnd(LAST_WORD_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      pod.leave();
      delete(folder);
      if (gate.exitValue() == Gate.LOST && options.onLoss() == RunOptions.OnLoss.EXIT) {
        System.err.println("lockclaim: the lock was lost, and the command was stopped");
      }
    }
    int status = gate.exitValue();
    return status == Gate.LOST && options.onLoss() == RunOptions.OnLoss.EXIT ? LOST : status;
  }

  private static LockHandle.Settings lockSettings(RunOptions options, Path etcd)
      throws IOException {
    String host = InetAddress.getLocalHost().getHostName();
    return new LockHandle.Settings(
        options.namespace,
        options.lock,
        host + "-" + ProcessHandle.current().pid(),
        // New for each process: what a former one held was run by a gate of its own, in a namespace
        // of its own. It is never taken up; it ends with its gate, or runs out.
        UUID.randomUUID().toString(),
        host,
        "",
        options.ttlSeconds,
        options.graceSeconds(),
        etcd,
        OptionalInt.of(options.slots));
  }

  private static Path stateFolder(RunOptions options, Path folder) throws IOException {
    return options.stateDir == null ? folder : Files.createDirectories(options.stateDir);
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("lockclaim: " + folder + " could not be removed: " + e.getMessage());
    }
  }
}
