package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.Defaults;
import dev.lockclaim.sidecar.WrongSettings;
import dev.lockclaim.sidecar.options.LockOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What was said on the command line of {@code lockclaim run}. */
@Command(
    name = "lockclaim run",
    sortOptions = false,
    headerHeading = "NAME%n",
    header = "  lockclaim run - run a command on one of many hosts, while it holds a lock",
    synopsisHeading = "%nSYNOPSIS%n  ",
    customSynopsis = "lockclaim run --lock NAME --etcd URL [OPTION...] [--] COMMAND [ARGUMENT...]",
    descriptionHeading = "%nDESCRIPTION%n",
    description = {
      "  Stands in line for the lock NAME in etcd. When it is granted, COMMAND is run, with the",
      "  lock's fencing token in its environment, and the lock is kept by renewals until COMMAND ends.",
      "  What it has left running is killed then, and the lock goes to the next in line.",
      "",
      "  If the lock is lost, or cannot be renewed in time, COMMAND is stopped first: SIGTERM, then",
      "  SIGKILL for all of its processes, before the lock can be granted to anybody else. COMMAND",
      "  runs in a PID namespace of its own, so none of its processes escapes; without root this",
      "  needs user namespaces.",
      "",
      "  SIGTERM, SIGINT and SIGHUP stop COMMAND within its grace, give the lock back and end",
      "  lockclaim."
    },
    optionListHeading = "%nOPTIONS%n",
    exitCodeListHeading = "%nEXIT STATUS%n",
    exitCodeList = {
      "COMMAND's own:when it ends by itself or by a signal to lockclaim; 128 + N if signal N ended it",
      "2:an option is wrong",
      "123:with --on-loss exit: the lock was lost or given up, and COMMAND was stopped",
      "124:with --wait: the lock was not granted in time, and COMMAND was not run",
      "125:Lockclaim cannot work: etcd is older than 3.5.13, or the gate cannot be run; or the gate was"
          + " killed or stood still, and COMMAND was killed with it",
      "126, 127:COMMAND cannot be executed, or is not there"
    },
    footer = {
      "",
      "ENVIRONMENT",
      "  LOCKCLAIM_ETCD           etcd's URLs, when --etcd is not given",
      "  LOCKCLAIM_ETCD_PASSWORD  the password of --user; COMMAND does not see it",
      "  LOCKCLAIM_GATE           the gate program, when it is not at /app/gate",
      "  LOCKCLAIM_LOG_LEVEL      error (default), warn, info, debug or trace",
      "",
      "  COMMAND is given LOCKCLAIM_TOKEN (the fencing token, larger with each grant),",
      "  LOCKCLAIM_LOCK (namespace/name), LOCKCLAIM_SLOT, and LOCKCLAIM_SOCKET: a Unix socket that",
      "  tells over HTTP whether the lock is held and for how long, and takes it back on request.",
      "",
      "EXAMPLES",
      "  lockclaim run --lock nightly --etcd http://127.0.0.1:2379 -- backup --all",
      "  lockclaim run --lock nightly --etcd http://127.0.0.1:2379 --wait 0 -- backup --all",
      "      once a night on whichever host comes first: the others end with 124 at once",
      "  lockclaim run --lock render --slots 4 --etcd https://a:2379,https://b:2379,https://c:2379 \\",
      "      --cacert ca.crt --cert me.crt --key me.key -- render frames"
    })
final class RunOptions extends LockOptions {
  /** What happens to the launcher when the lock is lost and COMMAND was stopped. */
  enum OnLoss {
    WAIT,
    EXIT
  }

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      order = 10,
      description =
          "give up when the lock was not granted by then; 0 gives up as soon as others are seen to"
              + " hold it (default: wait for ever)")
  Integer waitSeconds;

  @Option(
      names = "--slots",
      paramLabel = "NUMBER",
      order = 11,
      description = "how many may run at once (default: 1); the first user of a lock sets it")
  int slots = 1;

  @Option(
      names = "--ttl",
      paramLabel = "SECONDS",
      order = 12,
      description = "after which a holder that has vanished is replaced (default: 10)")
  int ttlSeconds = 10;

  @Option(
      names = "--stop-grace",
      paramLabel = "SECONDS",
      order = 13,
      description = "between SIGTERM and SIGKILL for COMMAND (default: 3 from --ttl 10 on)")
  Integer stopGraceSeconds;

  @Option(
      names = "--on-loss",
      paramLabel = "wait|exit",
      order = 14,
      description = "after a loss: wait in line again (default), or exit with 123")
  String onLossWord = "wait";

  @Option(
      names = "--state-dir",
      paramLabel = "FOLDER",
      order = 15,
      description =
          "keeps what was seen of etcd, in a folder for each lock, so that the next run"
              + " refuses one that was restored; for one run of a lock at a time (default: nothing"
              + " is kept)")
  Path stateDir;

  @Option(names = "--verbose", order = 16, description = "say on stderr what the lock does")
  boolean verbose;

  @Parameters(paramLabel = "COMMAND", arity = "0..*", hidden = true)
  List<String> command = List.of();

  /**
   * Reads a command line.
   *
   * @throws WrongSettings with one sentence about what is wrong
   */
  static RunOptions of(List<String> arguments, Map<String, String> environment)
      throws WrongSettings {
    return parse(new RunOptions(), "lockclaim run", arguments, environment);
  }

  int graceSeconds() {
    return stopGraceSeconds == null ? Defaults.stopGraceSeconds(ttlSeconds) : stopGraceSeconds;
  }

  OnLoss onLoss() {
    return onLossWord.equals("exit") ? OnLoss.EXIT : OnLoss.WAIT;
  }

  /** namespace/name. */
  String fullName() {
    return namespace + "/" + lock;
  }

  /**
   * The part of --state-dir that is this lock's: what was seen of another may be newer or older.
   */
  Path lockStateDir() {
    // One name for the prefix, whatever it is; those of namespace and lock are checked.
    return stateDir
        .resolve(URLEncoder.encode(prefix, StandardCharsets.UTF_8))
        .resolve(namespace)
        .resolve(lock);
  }

  @Override
  protected void check() throws WrongSettings {
    need(lock != null, "--lock is missing: name the lock, for example --lock nightly");
    need(
        waitSeconds == null || waitSeconds >= 0,
        "--wait is " + waitSeconds + ": give whole seconds from 0 on");
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
    need(!command.isEmpty(), "the command is missing: write it after --");
  }
}
