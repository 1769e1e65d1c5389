package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.Defaults;
import dev.lockclaim.sidecar.WrongSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What was said on the command line of {@code lockclaim run}. */
@Command(
    name = "lockclaim run",
    sortOptions = false,
    description = "Runs COMMAND while this host holds the lock NAME; any number may wait in line.",
    customSynopsis =
        "lockclaim run --lock NAME --etcd URL[,URL...] [option...] -- COMMAND [ARGUMENT...]",
    footer = {
      "",
      "Exit status: COMMAND's own when it ends by itself (128 + signal when a signal ended it);",
      "126 or 127 when it cannot be executed; 124 when the lock was lost with --on-loss exit;",
      "125 when Lockclaim cannot work (an etcd that is too old or refuses the credentials, no gate);",
      "2 for a wrong option. SIGTERM and SIGINT end COMMAND, release the lock and end lockclaim."
    })
final class RunOptions {
  /** What happens to the launcher when the lock is lost and COMMAND was stopped. */
  enum OnLoss {
    WAIT,
    EXIT
  }

  @Option(names = "--lock", paramLabel = "NAME", description = "the lock's name")
  String lock;

  @Option(
      names = "--etcd",
      paramLabel = "URL",
      split = ",",
      description = "etcd's client URLs, http or https")
  List<String> etcd = List.of();

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "where the lock's name counts (default: default)")
  String namespace = "default";

  @Option(
      names = "--prefix",
      paramLabel = "KEY",
      description = "of all keys in etcd (default: /lockclaim)")
  String prefix = "/lockclaim";

  @Option(
      names = "--ttl",
      paramLabel = "SECONDS",
      description = "after which a vanished holder is replaced (default: 10)")
  int ttlSeconds = 10;

  @Option(
      names = "--stop-grace",
      paramLabel = "SECONDS",
      description = "between SIGTERM and SIGKILL for COMMAND (default: 3 from --ttl 10 on)")
  Integer stopGraceSeconds;

  @Option(
      names = "--slots",
      paramLabel = "NUMBER",
      description = "how many may run at once (default: 1); the first user of a lock sets it")
  int slots = 1;

  @Option(
      names = "--on-loss",
      paramLabel = "wait|exit",
      description = "after a loss: wait in line again (default), or exit with 124")
  String onLossWord = "wait";

  @Option(names = "--user", paramLabel = "NAME", description = "etcd user")
  String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "holds the etcd user's password")
  Path passwordFile;

  @Option(
      names = "--cacert",
      paramLabel = "FILE",
      description = "certificates that etcd's is checked with")
  Path caCertificate;

  @Option(names = "--cert", paramLabel = "FILE", description = "own certificate, for mutual TLS")
  Path certificate;

  @Option(names = "--key", paramLabel = "FILE", description = "own key (PKCS #8), for mutual TLS")
  Path key;

  @Option(
      names = "--state-dir",
      paramLabel = "FOLDER",
      description = "keeps what was seen of etcd over restarts (default: nothing is kept)")
  Path stateDir;

  @Option(names = "--verbose", description = "say on stderr what the lock does")
  boolean verbose;

  @Option(names = "--help", usageHelp = true, description = "this")
  boolean help;

  @Parameters(paramLabel = "COMMAND", arity = "0..*", hidden = true)
  List<String> command = List.of();

  /**
   * Reads a command line.
   *
   * @throws WrongSettings with one sentence about what is wrong
   */
  static RunOptions of(List<String> arguments) throws WrongSettings {
    RunOptions options = new RunOptions();
    try {
      new CommandLine(options)
          .setStopAtPositional(true)
          .setUnmatchedOptionsArePositionalParams(false)
          .parseArgs(arguments.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      throw new WrongSettings(
          e.getMessage().lines().findFirst().orElse("wrong options")
              + "; see lockclaim run --help");
    }
    if (!options.help) {
      options.check();
    }
    return options;
  }

  /** The help text. */
  static String usage() {
    return new CommandLine(new RunOptions()).getUsageMessage(CommandLine.Help.Ansi.OFF);
  }

  int graceSeconds() {
    return stopGraceSeconds == null ? Defaults.stopGraceSeconds(ttlSeconds) : stopGraceSeconds;
  }

  OnLoss onLoss() {
    return onLossWord.equals("exit") ? OnLoss.EXIT : OnLoss.WAIT;
  }

  private void check() throws WrongSettings {
    need(lock != null, "--lock is missing: name the lock, for example --lock nightly");
    name("--lock", lock);
    name("--namespace", namespace);
    need(
        !etcd.isEmpty(),
        "--etcd is missing: give etcd's URLs, for example --etcd http://127.0.0.1:2379");
    for (String url : etcd) {
      checkUrl(url);
    }
    need(prefix.startsWith("/"), "--prefix is \"" + prefix + "\": begin it with a slash");
    need(
        ttlSeconds >= 2 && ttlSeconds <= 3600,
        "--ttl is " + ttlSeconds + ": give whole seconds from 2 to 3600");
    need(
        stopGraceSeconds == null || (stopGraceSeconds >= 0 && stopGraceSeconds < ttlSeconds),
        "--stop-grace is " + stopGraceSeconds + ": give whole seconds from 0 to less than --ttl");
    need(slots >= 1 && slots <= 100, "--slots is " + slots + ": give a number from 1 to 100");
    need(
        onLossWord.equals("wait") || onLossWord.equals("exit"),
        "--on-loss is \"" + onLossWord + "\": it is wait or exit");
    need(
        (user == null) == (passwordFile == null),
        "--user and --password-file go together: give both or neither");
    need(
        (certificate == null) == (key == null),
        "--cert and --key go together: give both or neither");
    readable("--password-file", passwordFile);
    readable("--cacert", caCertificate);
    readable("--cert", certificate);
    readable("--key", key);
    need(!command.isEmpty(), "the command is missing: write it after --");
  }

  private static void name(String option, String value) throws WrongSettings {
    need(
        value.matches("[A-Za-z0-9]([-_.A-Za-z0-9]{0,251}[A-Za-z0-9])?"),
        option
            + " is \""
            + value
            + "\": use letters, digits, dots, dashes and underscores, and begin and end with a letter or digit");
  }

  private static void checkUrl(String text) throws WrongSettings {
    boolean good;
    try {
      URI url = new URI(text);
      good =
          ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
              && url.getHost() != null
              && url.getPort() != 0;
    } catch (URISyntaxException e) {
      good = false;
    }
    need(good, "--etcd has \"" + text + "\": give URLs such as http://127.0.0.1:2379");
  }

  private static void readable(String option, Path file) throws WrongSettings {
    need(
        file == null || (Files.isRegularFile(file) && Files.isReadable(file)),
        option + " is \"" + file + "\": there is no such file that can be read");
  }

  private static void need(boolean condition, String sentence) throws WrongSettings {
    if (!condition) {
      throw new WrongSettings(sentence);
    }
  }
}
