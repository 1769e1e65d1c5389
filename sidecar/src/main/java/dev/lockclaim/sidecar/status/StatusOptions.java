package dev.lockclaim.sidecar.status;

import dev.lockclaim.sidecar.WrongSettings;
import dev.lockclaim.sidecar.options.LockOptions;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What was said on the command line of {@code lockclaim status}. */
@Command(
    name = "lockclaim status",
    sortOptions = false,
    headerHeading = "NAME%n",
    header = "  lockclaim status - show who holds locks and who waits for them",
    synopsisHeading = "%nSYNOPSIS%n  ",
    customSynopsis = "lockclaim status --etcd URL [--lock NAME] [OPTION...]",
    descriptionHeading = "%nDESCRIPTION%n",
    description = {
      "  Reads etcd, changes nothing, and shows one line for each slot and each place in line: who,",
      "  on which host, with which fencing token, and since when. A slot that is \"vanished\" had a",
      "  holder that went away without giving it back; it is granted again after the lock's delay."
    },
    optionListHeading = "%nOPTIONS%n",
    exitCodeListHeading = "%nEXIT STATUS%n",
    exitCodeList = {
      "0:it was told; with --held: somebody holds the lock",
      "1:with --held: nobody holds the lock",
      "2:an option is wrong",
      "125:etcd cannot be read"
    },
    footer = {
      "",
      "ENVIRONMENT",
      "  LOCKCLAIM_ETCD           etcd's URLs, when --etcd is not given",
      "  LOCKCLAIM_ETCD_PASSWORD  the password of --user",
      "",
      "EXAMPLES",
      "  lockclaim status --etcd http://127.0.0.1:2379",
      "  lockclaim status --etcd http://127.0.0.1:2379 --lock nightly --output json",
      "  lockclaim status --etcd http://127.0.0.1:2379 --lock nightly --held && echo busy"
    })
final class StatusOptions extends LockOptions {
  /** How it is shown. */
  enum Output {
    TABLE,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "table|json",
      order = 10,
      description = "how it is shown (default: table)")
  String outputWord = "table";

  @Option(
      names = "--held",
      order = 11,
      description = "show nothing; the exit status says whether somebody holds --lock")
  boolean held;

  static StatusOptions of(List<String> arguments, Map<String, String> environment)
      throws WrongSettings {
    return parse(new StatusOptions(), "lockclaim status", arguments, environment);
  }

  Output output() {
    return outputWord.equals("json") ? Output.JSON : Output.TABLE;
  }

  @Override
  protected void check() throws WrongSettings {
    need(
        outputWord.equals("table") || outputWord.equals("json"),
        "--output is \"" + outputWord + "\": it is table or json");
    need(!held || lock != null, "--held needs --lock: name the lock to ask about");
  }
}
