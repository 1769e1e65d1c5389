package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.GateBinary;
import dev.lockclaim.sidecar.WrongSettings;
import dev.lockclaim.sidecar.options.LockOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The gate as a child process, with a PID namespace of its own around the command. */
final class Gate {
  /** What the gate's exit status says: main was stopped since the lock was lost. */
  static final int LOST = 88;

  /** From this status on a signal may have ended the outer process alone (gate/PROTOCOL.md, 5). */
  private static final int SIGNAL_BASE = 128;

  static final String CONTAINER = "main";

  private Gate() {}

  /**
   * Where the gate is.
   *
   * @throws WrongSettings when it is not there
   */
  static Path find() throws WrongSettings {
    Path gate = GateBinary.path(System.getenv());
    if (!Files.isExecutable(gate)) {
      throw new WrongSettings(
          "the gate is not at "
              + gate
              + ": set "
              + GateBinary.ENVIRONMENT
              + " to the gate program");
    }
    return gate;
  }

  /** Whether the status of a gate that has ended proves that nothing is left of its namespace. */
  static boolean leavesNothing(int status) {
    return status < SIGNAL_BASE;
  }

  static Process start(Path gate, Path socket, int graceSeconds, RunOptions options)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command(gate, socket, graceSeconds, options)).inheritIO();
    builder.environment().remove(LockOptions.ENV_PASSWORD); // The command has no business with it.
    return builder.start();
  }

  static List<String> command(Path gate, Path socket, int graceSeconds, RunOptions options) {
    List<String> command = new ArrayList<>();
    command.add(gate.toString());
    command.add("run");
    command.add("--container=" + CONTAINER);
    command.add("--socket=" + socket);
    command.add("--stop-grace-seconds=" + graceSeconds);
    command.add("--on-loss=" + (options.onLoss() == RunOptions.OnLoss.EXIT ? "restart" : "hold"));
    command.add("--new-namespace");
    if (!options.verbose) {
      command.add("--quiet");
    }
    command.add("--");
    command.addAll(options.command);
    return command;
  }
}
