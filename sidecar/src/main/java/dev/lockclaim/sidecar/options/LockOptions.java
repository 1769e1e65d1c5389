package dev.lockclaim.sidecar.options;

import dev.lockclaim.sidecar.WrongSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * Options that name the lock and say how etcd is reached. Their order among a command's own is
 * given by numbers: the lock first, etcd last.
 */
public abstract class LockOptions {
  /** Instead of --etcd. */
  public static final String ENV_ETCD = "LOCKCLAIM_ETCD";

  /** Instead of --password-file. */
  public static final String ENV_PASSWORD = "LOCKCLAIM_ETCD_PASSWORD";

  /** Columns of a help text; fits a terminal and a page. */
  private static final int HELP_WIDTH = 100;

  @Option(names = "--lock", paramLabel = "NAME", order = 1, description = "the lock's name")
  public String lock;

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      order = 2,
      description = "where the lock's name counts (default: default)")
  public String namespace = "default";

  @Option(
      names = {"--etcd", "--endpoint"},
      paramLabel = "URL",
      split = ",",
      order = 50,
      description =
          "a client URL of etcd, http or https; several by commas, or given several times: one for"
              + " each member (default: $"
              + ENV_ETCD
              + ")")
  List<String> etcd = List.of();

  @Option(
      names = "--prefix",
      paramLabel = "KEY",
      order = 51,
      description = "of all keys in etcd (default: /lockclaim)")
  public String prefix = "/lockclaim";

  @Option(
      names = "--cacert",
      paramLabel = "FILE",
      order = 52,
      description = "certificates that etcd's is checked with (default: those of the Java runtime)")
  Path caCertificate;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      order = 53,
      description = "own certificate, for mutual TLS")
  Path certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      order = 54,
      description = "own key (PKCS #8, not encrypted), for mutual TLS")
  Path key;

  @Option(names = "--user", paramLabel = "NAME", order = 55, description = "etcd user")
  String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      order = 56,
      description = "holds the etcd user's password (default: $" + ENV_PASSWORD + ")")
  Path passwordFile;

  @Option(names = "--password", hidden = true, arity = "0..1")
  private String visiblePassword;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      order = 99,
      description = "this text")
  public boolean help;

  private Map<String, String> environment = Map.of();

  /**
   * Reads a command line into {@code options}.
   *
   * @param command as it is called, for the hint where to read more
   * @throws WrongSettings with one sentence about what is wrong
   */
  public static <T extends LockOptions> T parse(
      T options, String command, List<String> arguments, Map<String, String> environment)
      throws WrongSettings {
    LockOptions read = options;
    read.environment = environment;
    try {
      new CommandLine(options)
          .setStopAtPositional(true)
          .setUnmatchedOptionsArePositionalParams(false)
          .parseArgs(arguments.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      throw new WrongSettings(
          e.getMessage().lines().findFirst().orElse("wrong options")
              + "; see "
              + command
              + " --help");
    }
    if (!read.help) {
      options.check();
      read.checkEtcd();
    }
    return options;
  }

  /** The help text of a command with these options. */
  public static String help(LockOptions options) {
    return new CommandLine(options)
        .setUsageHelpWidth(HELP_WIDTH)
        .getUsageMessage(CommandLine.Help.Ansi.OFF);
  }

  /** Checks a command's own options. */
  protected abstract void check() throws WrongSettings;

  /** etcd's URLs. */
  public final List<String> etcd() {
    if (!etcd.isEmpty()) {
      return etcd;
    }
    return Arrays.stream(environment.getOrDefault(ENV_ETCD, "").split("[,\\s]+"))
        .filter(url -> !url.isEmpty())
        .toList();
  }

  /** The password that the environment has. */
  final Optional<String> password() {
    return Optional.ofNullable(environment.get(ENV_PASSWORD)).filter(text -> !text.isEmpty());
  }

  private void checkEtcd() throws WrongSettings {
    need(
        visiblePassword == null,
        "--password would show the password to everybody on this machine: give --password-file, or"
            + " set "
            + ENV_PASSWORD);
    if (lock != null) {
      name("--lock", lock);
    }
    name("--namespace", namespace);
    need(
        !etcd().isEmpty(),
        "--etcd is missing: give etcd's URLs, for example --etcd http://127.0.0.1:2379");
    for (String url : etcd()) {
      checkUrl(url);
    }
    need(prefix.startsWith("/"), "--prefix is \"" + prefix + "\": begin it with a slash");
    need(
        prefix.length() == 1 || !prefix.endsWith("/"),
        "--prefix is \"" + prefix + "\": leave out the slash at its end");
    need(
        user == null || !user.contains(":"),
        "--user takes a name only: put the password into a file and give --password-file");
    need(
        user == null || passwordFile != null || password().isPresent(),
        "--user needs a password: give --password-file, or set " + ENV_PASSWORD);
    need(passwordFile == null || user != null, "--password-file needs --user");
    need(
        (certificate == null) == (key == null),
        "--cert and --key go together: give both or neither");
    readable("--password-file", passwordFile);
    readable("--cacert", caCertificate);
    readable("--cert", certificate);
    readable("--key", key);
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
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw new WrongSettings(noUrl(text));
    }
    // Not shown: it is on the command line, but need not be in a log as well.
    need(
        url.getRawUserInfo() == null,
        "--etcd has a URL with a user in it: give --user and --password-file instead");
    need(
        ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
            && url.getHost() != null
            && url.getPort() > 0,
        noUrl(text));
  }

  private static String noUrl(String text) {
    return "--etcd has \"" + text + "\": give URLs such as http://127.0.0.1:2379";
  }

  private static void readable(String option, Path file) throws WrongSettings {
    need(
        file == null || (Files.isRegularFile(file) && Files.isReadable(file)),
        option + " is \"" + file + "\": there is no such file that can be read");
  }

  /** Refuses with a sentence when a condition does not hold. */
  protected static void need(boolean condition, String sentence) throws WrongSettings {
    if (!condition) {
      throw new WrongSettings(sentence);
    }
  }
}
