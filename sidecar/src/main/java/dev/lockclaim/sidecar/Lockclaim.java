package dev.lockclaim.sidecar;

import dev.lockclaim.sidecar.run.RunCommand;
import java.util.List;

/** The program: {@code lockclaim sidecar}, {@code run}, {@code version}, {@code help}. */
public final class Lockclaim {
  /** Exit status for wrong options or a wrong environment. */
  public static final int WRONG_USE = 2;

  private static final String HELP =
      """
      Usage: lockclaim run --lock NAME --etcd URL[,URL...] [option...] -- COMMAND [ARGUMENT...]
                 runs COMMAND on one of any number of Linux hosts; lockclaim run --help says more
             lockclaim sidecar
                 the sidecar of a pod, as the webhook adds it; set up by its environment
             lockclaim version
             lockclaim help
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
        case "version", "--version" -> say(Version.TEXT);
        case "help", "--help", "-h" -> say(HELP.stripTrailing());
        case "" -> throw new WrongSettings("say what to do: run, sidecar, version or help");
        default ->
            throw new WrongSettings(
                "\"" + command + "\" is not known: say run, sidecar, version or help");
      };
    } catch (WrongSettings e) {
      System.err.println("lockclaim: " + e.getMessage());
      return WRONG_USE;
    } finally {
      System.out.flush();
      System.err.flush();
    }
  }

  private static int sidecar(List<String> arguments) throws WrongSettings {
    if (!arguments.isEmpty()) {
      throw new WrongSettings(
          "sidecar takes no options, it is set up by its environment: leave out "
              + String.join(" ", arguments));
    }
    Logging.set(System.getenv("LOCKCLAIM_LOG_LEVEL"), "info");
    return Sidecar.run(SidecarSettings.of(System.getenv()));
  }

  private static int say(String text) {
    System.out.println(text);
    return 0;
  }
}
