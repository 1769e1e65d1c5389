package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.Leaving;
import dev.lockclaim.sidecar.LockHandle;
import dev.lockclaim.sidecar.Logging;
import dev.lockclaim.sidecar.Pod;
import dev.lockclaim.sidecar.TemporaryFolder;
import dev.lockclaim.sidecar.WrongSettings;
import dev.lockclaim.sidecar.api.LockView;
import dev.lockclaim.sidecar.gates.MainEnd;
import dev.lockclaim.sidecar.gates.RestartPolicy;
import dev.lockclaim.sidecar.options.EtcdFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** {@code lockclaim run}: stands in line for a command, and ends with it. */
public final class RunCommand {
  /** The lock was lost and --on-loss exit was given. */
  static final int LOST = 123;

  /** The lock was not granted within --wait; what timeout(1) says, too. */
  static final int NOT_GRANTED = 124;

  /** Lockclaim itself cannot work. */
  static final int CANNOT_WORK = 125;

  /** From the gate's end until its last word has gone through. */
  private static final long LAST_WORD_SECONDS = 2;

  /** Name of the folder that says where etcd is. */
  private static final String ETCD = "etcd";

  /** Why the command is not run at all. */
  private record Verdict(int status, String sentence) {}

  private final RunOptions options;
  private final TemporaryFolder folder;
  private final Process gate;
  private final Pod pod;
  private final Teller teller;
  private Optional<Patience> patience = Optional.empty();
  private volatile Optional<LockView> last = Optional.empty();
  private volatile Optional<Verdict> verdict = Optional.empty();
  private boolean finished;

  private RunCommand(RunOptions options, TemporaryFolder folder, Process gate, Pod pod) {
    this.options = options;
    this.folder = folder;
    this.gate = gate;
    this.pod = pod;
    teller = new Teller(RunCommand::say, pod.lock()::bootNanos);
  }

  /** The help text. */
  public static String help() {
    return RunOptions.help(new RunOptions());
  }

  /**
   * Runs the subcommand.
   *
   * @return its exit status
   * @throws WrongSettings when an option is wrong
   */
  public static int run(List<String> arguments) throws WrongSettings {
    RunOptions options = RunOptions.of(arguments, System.getenv());
    if (options.help) {
      System.out.print(help());
      return 0;
    }
    Logging.set(System.getenv("LOCKCLAIM_LOG_LEVEL"), options.verbose ? "info" : "error");
    Path program = Gate.find();
    try {
      return start(options, program).attend();
    } catch (IOException e) {
      say("cannot start: " + e.getMessage());
      return CANNOT_WORK;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CANNOT_WORK;
    }
  }

  private static RunCommand start(RunOptions options, Path program)
      throws IOException, WrongSettings {
    TemporaryFolder folder = TemporaryFolder.make();
    try {
      Path etcd = folder.path().resolve(ETCD);
      EtcdFiles.write(options, etcd);
      LockHandle lock =
          LockHandle.open(lockSettings(options, etcd), stateFolder(options, folder.path()));
      Pod pod = new Pod(lock, folder.path(), List.of(Gate.CONTAINER), RestartPolicy.NEVER);
      pod.listen();
      Process gate =
          Gate.start(
              program,
              folder.path().resolve(Pod.GATE_SOCKET),
              lock.settings().stopGraceSeconds(),
              options);
      RunCommand command = new RunCommand(options, folder, gate, pod);
      Leaving.onSignal(command::leaveOnSignal);
      command.begin();
      return command;
    } catch (IOException | WrongSettings | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private void begin() {
    if (options.waitSeconds != null) {
      patience = Optional.of(new Patience(options.waitSeconds, this::outOfPatience));
    }
    pod.start(this::see);
  }

  /** Called by the lock's and the gates' threads. */
  private void see(LockView view) {
    last = Optional.of(view);
    teller.tell(view);
    patience.ifPresent(p -> p.see(view));
    if (view.refused()) {
      String why = Teller.withoutPeriod(view.trouble().orElse(view.reason()));
      Thread.ofVirtual().name("refused").start(() -> giveUp(new Verdict(CANNOT_WORK, why)));
    }
  }

  private void outOfPatience() {
    giveUp(
        new Verdict(
            NOT_GRANTED,
            options.fullName()
                + " was not granted within "
                + options.waitSeconds
                + " s: "
                + last.map(RunCommand::whyNot).orElse("etcd has not answered")));
  }

  private static String whyNot(LockView view) {
    if (view.trouble().isPresent()) {
      return Teller.withoutPeriod(view.trouble().get());
    }
    if (view.holders().isEmpty()) {
      return view.reason().isEmpty() ? "it is being granted to somebody else" : view.reason();
    }
    LockView.Holder holder = view.holders().getFirst();
    int others = view.holders().size() - 1;
    return "%s holds it with token %d%s, %d in line"
        .formatted(
            holder.pod(),
            holder.token(),
            others == 0 ? "" : " (and " + others + " more)",
            view.candidates());
  }

  /** Ends without running the command; when it runs already nothing happens. */
  private void giveUp(Verdict why) {
    if (pod.withdraw()) {
      verdict = verdict.or(() -> Optional.of(why));
      gate.destroy();
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
    boolean first = !finished;
    if (first) {
      finished = true;
      if (Gate.leavesNothing(gate.exitValue())) {
        pod.gateGone(Gate.CONTAINER); // It may have been killed in there, without a word.
      }
      try {
        // The gate has waited until its last word was read; what is left is to act on it.
        pod.awaitEnd(LAST_WORD_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      pod.leave();
      folder.close();
    }
    Optional<Verdict> end = verdict.or(this::loss);
    if (first) {
      end.map(Verdict::sentence).ifPresent(RunCommand::say);
    }
    return end.map(Verdict::status).orElse(gate.exitValue());
  }

  /** The gate's status alone does not say it: it may be the command's own. */
  private Optional<Verdict> loss() {
    boolean stopped = pod.lastEnd().filter(MainEnd::asked).isPresent();
    return gate.exitValue() == Gate.LOST && options.onLoss() == RunOptions.OnLoss.EXIT && stopped
        ? Optional.of(new Verdict(LOST, "the lock was lost or given up, and the command stopped"))
        : Optional.empty();
  }

  private static void say(String sentence) {
    System.err.println("lockclaim: " + sentence);
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
    return options.stateDir == null ? folder : Files.createDirectories(options.lockStateDir());
  }
}
