package dev.lockclaim.sidecar.status;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.EtcdFolder;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Snapshot;
import dev.lockclaim.sidecar.Logging;
import dev.lockclaim.sidecar.TemporaryFolder;
import dev.lockclaim.sidecar.WrongSettings;
import dev.lockclaim.sidecar.options.EtcdFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** {@code lockclaim status}. */
public final class StatusCommand {
  /** With --held: nobody holds the lock. */
  static final int NOT_HELD = 1;

  /** etcd cannot be read. */
  static final int CANNOT_WORK = 125;

  /** For one member; a person waits for it. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private StatusCommand() {}

  /** The help text. */
  public static String help() {
    return StatusOptions.help(new StatusOptions());
  }

  /**
   * Runs the subcommand.
   *
   * @return its exit status
   * @throws WrongSettings when an option is wrong
   */
  public static int run(List<String> arguments) throws WrongSettings {
    StatusOptions options = StatusOptions.of(arguments, System.getenv());
    if (options.help) {
      System.out.print(help());
      return 0;
    }
    Logging.set(System.getenv("LOCKCLAIM_LOG_LEVEL"), "error");
    try (TemporaryFolder folder = TemporaryFolder.make()) {
      List<LockStatus> locks = read(options, folder.path().resolve("etcd"));
      if (options.held) {
        return locks.getFirst().holders().isEmpty() ? NOT_HELD : 0;
      }
      System.out.print(
          switch (options.output()) {
            case TABLE -> StatusTable.of(locks);
            case JSON -> StatusJson.of(locks);
          });
      if (options.output() == StatusOptions.Output.TABLE) {
        locks.forEach(
            lock -> lock.view().problems().forEach(p -> say("lock " + lock.lock() + ": " + p)));
      }
      return 0;
    } catch (IOException | EtcdFailure e) {
      say(e.getMessage().replaceFirst("\\.$", ""));
      return CANNOT_WORK;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CANNOT_WORK;
    }
  }

  private static List<LockStatus> read(StatusOptions options, Path folder)
      throws IOException, EtcdFailure, InterruptedException {
    EtcdFiles.write(options, folder);
    String prefix = options.prefix.equals("/") ? "" : options.prefix;
    String namespace = prefix + "/" + options.namespace + "/";
    boolean one = options.lock != null;
    try (Etcd etcd =
        Etcd.open(
            new EtcdFolder(folder),
            one ? LockKeys.prefix(prefix, options.namespace, options.lock) : namespace)) {
      Snapshot keys = read(etcd);
      return one
          ? List.of(LockStatus.of(options.namespace + "/" + options.lock, keys))
          : LockStatus.ofNamespace(options.namespace, keys);
    }
  }

  /** Asks one member after the other. */
  private static Snapshot read(Etcd etcd) throws EtcdFailure, InterruptedException {
    for (int left = etcd.members(); ; left--) {
      try {
        return etcd.read(PATIENCE);
      } catch (EtcdFailure e) {
        if (left <= 1 || e.kind() != EtcdFailure.Kind.UNKNOWN) {
          throw e;
        }
      }
    }
  }

  private static void say(String sentence) {
    System.err.println("lockclaim: " + sentence);
  }
}
