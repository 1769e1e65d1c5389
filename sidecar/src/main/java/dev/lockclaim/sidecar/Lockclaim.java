package dev.lockclaim.sidecar;

import dev.lockclaim.sidecar.run.RunCommand;
import dev.lockclaim.sidecar.status.StatusCommand;
import java.util.List;

/**
 * The program: {@code lockclaim run}, {@code status}, {@code sidecar}, {@code version}, {@code
 * help}.
 */
public final class Lockclaim {
  /** Exit status for wrong options or a wrong environment. */
  public static final int WRONG_USE = 2;

  private static final String COMMANDS = "run, status, sidecar, version or help";

  private static final String HELP =
      """
      NAME
        lockclaim - makes a program active in one place at a time

      SYNOPSIS
        lockclaim run --lock NAME --etcd URL [OPTION...] [--] COMMAND [ARGUMENT...]
        lockclaim status --etcd URL [--lock NAME] [OPTION...]
        lockclaim sidecar
        lockclaim version
        lockclaim help [run|status|sidecar]

      COMMANDS
        run      run a command on one of many hosts, while it holds a lock
        status   show who holds locks and who waits for them
        sidecar  the sidecar of a pod, as the webhook adds it
        version  print the version; --version does, too
        help     print this text, or a command's; --help does, too
      """;

  private static final String SIDECAR_HELP =
      """
      NAME
        lockclaim sidecar - the sidecar of a pod with a LockClaim

      SYNOPSIS
        lockclaim sidecar

      DESCRIPTION
        Stands in line for the pod, tells its gates to start and stop main, and serves lock.sock,
        probes and metrics. It is added to pods by the webhook and takes no options.

      EXIT STATUS
        0  it was told to end
        1  it cannot work: the volume or the port is not usable
        2  its environment is wrong

      ENVIRONMENT
        LOCKCLAIM_NAMESPACE, LOCKCLAIM_NAME       the LockClaim
        LOCKCLAIM_POD_NAME, LOCKCLAIM_POD_UID     the pod
        LOCKCLAIM_NODE_NAME, LOCKCLAIM_POD_REVISION
                                                  may be empty
        LOCKCLAIM_CONTAINERS                      the gated containers, separated by commas
        LOCKCLAIM_TTL_SECONDS                     of the lease (10)
        LOCKCLAIM_STOP_GRACE_SECONDS              between SIGTERM and SIGKILL for main (3)
        LOCKCLAIM_RESTART_POLICY                  of the pod (Always)
        LOCKCLAIM_ETCD_DIR                        endpoints, prefix and credentials (/lockclaim-etcd)
        LOCKCLAIM_VOLUME                          shared with the gates (/lockclaim)
        LOCKCLAIM_HTTP_PORT                       for probes and metrics (9808)
        LOCKCLAIM_PROBES                          JSON of the gated containers' own probes ({})
        LOCKCLAIM_GATE                            the gate program (/app/gate)
        LOCKCLAIM_LOG_LEVEL                       error, warn, info, debug or trace (info)
      """;

  private Lockclaim() {}

  /** Runs a subcommand and ends the process with its status. */
  public static void main(String[] arguments) {
    int status = status(List.of(arguments));
    // Not System.exit: the shutdown hooks are for signals, and what there is to close is closed.
    Runtime.getRuntime().halt(status);
  }

  private static int status(List<String> arguments) {
    String command = arguments.isEmpty() ? "" : arguments.getFirst();
    List<String> rest = arguments.isEmpty() ? List.of() : arguments.subList(1, arguments.size());
    try {
      return switch (command) {
        case "sidecar" -> sidecar(rest);
        case "run" -> RunCommand.run(rest);
        case "status" -> StatusCommand.run(rest);
        case "version", "--version" -> say(Version.TEXT + "\n");
        case "help", "--help", "-h" -> say(help(rest));
        case "" -> throw new WrongSettings("say what to do: " + COMMANDS);
        default -> throw new WrongSettings("\"" + command + "\" is not known: say " + COMMANDS);
      };
    } catch (WrongSettings e) {
      System.err.println("lockclaim: " + e.getMessage());
      return WRONG_USE;
    } finally {
      System.out.flush();
      System.err.flush();
    }
  }

  /** The help text about nothing in particular, or a command. */
  static String help(List<String> about) throws WrongSettings {
    return switch (about.isEmpty() ? "" : about.getFirst()) {
      case "" -> HELP;
      case "run" -> RunCommand.help();
      case "status" -> StatusCommand.help();
      case "sidecar" -> SIDECAR_HELP;
      default ->
          throw new WrongSettings(
              "there is no help about \"" + about.getFirst() + "\": say run, status or sidecar");
    };
  }

  private static int sidecar(List<String> arguments) throws WrongSettings {
    if (arguments.equals(List.of("--help"))) {
      return say(SIDECAR_HELP);
    }
    if (!arguments.isEmpty()) {
      throw new WrongSettings(
          "sidecar takes no options, it is set up by its environment: leave out "
              + String.join(" ", arguments));
    }
    Logging.set(System.getenv("LOCKCLAIM_LOG_LEVEL"), "info");
    return Sidecar.run(SidecarSettings.of(System.getenv()));
  }

  private static int say(String text) {
    System.out.print(text);
    return 0;
  }
}
