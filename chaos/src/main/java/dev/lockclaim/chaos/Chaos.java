package dev.lockclaim.chaos;

import dev.lockclaim.chaos.lab.Lab;
import dev.lockclaim.chaos.lab.LabSettings;
import dev.lockclaim.chaos.plan.Action;
import dev.lockclaim.chaos.plan.Case;
import dev.lockclaim.chaos.plan.Catalogue;
import dev.lockclaim.chaos.plan.Plan;
import dev.lockclaim.chaos.plan.Times;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** The fault test as a program; scripts/chaos starts it. */
public final class Chaos {
  /** Short, so that many leases run out in a run; long enough to ride an election out. */
  private static final int TTL_SECONDS = 7;

  private static final int GRACE_SECONDS = 1;
  private static final int LAUNCHERS = 4;
  private static final int PODS = 3;
  private static final Path LOCK = Path.of("/run/lockclaim-chaos.lock");
  private static final Path MEMORY = Path.of("/dev/shm/lockclaim-chaos");

  private static final int FAILED = 1;
  private static final int WRONG_USE = 2;

  private final Options options;
  private final Path folder;
  private final Times times = new Times(TTL_SECONDS * 1000L, GRACE_SECONDS * 1000L);
  private final AtomicBoolean interrupted = new AtomicBoolean();

  private Chaos(Options options) {
    this.options = options;
    folder =
        options
            .root()
            .resolve("target/chaos")
            .resolve(Instant.now().getEpochSecond() + "-" + options.seed());
  }

  /**
   * Runs and ends the process: 0 when every promise was kept, 1 when not or never tested, 2 on
   * wrong use.
   */
  public static void main(String[] arguments) {
    Runtime.getRuntime().halt(status(List.of(arguments)));
  }

  private static int status(List<String> arguments) {
    Options options;
    try {
      options = Options.of(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("chaos: " + e.getMessage());
      return WRONG_USE;
    }
    try (FileChannel file =
            FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.tryLock()) {
      if (lock == null) {
        System.err.println(
            "chaos: another run is up on this machine; wait for its end, or end it with SIGTERM");
        return WRONG_USE;
      }
      return new Chaos(options).run();
    } catch (IOException e) {
      System.err.println("chaos: cannot work: " + e.getMessage());
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  private int run() throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Files.createDirectories(MEMORY);
    NemesisLog log = new NemesisLog(folder.resolve("nemesis.log"));
    Heartbeats beats = new Heartbeats(MEMORY.resolve("records"));
    System.out.println(
        "chaos: seed " + options.seed() + (options.secure() ? ", TLS and users" : ""));
    Tally tally = new Tally();
    Lab lab = new Lab(settings());
    Files.createDirectories(MEMORY);
    Thread hook = new Thread(() -> end(lab), "end");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      lab.start();
      Plan plan = plan();
      rounds(plan, lab, beats, log, tally);
      return report(lab, beats, tally, plan, new Beyond(lab, MEMORY, log).show());
    } catch (Broken e) {
      log.say("BROKEN: %s".formatted(e.getMessage()));
      System.err.println("chaos: BROKEN with seed " + options.seed() + ": " + e.getMessage());
      return FAILED;
    } catch (IOException e) {
      if (interrupted.get()) {
        return FAILED;
      }
      throw e;
    } finally {
      if (!interrupted.get()) {
        keep();
        lab.close();
        System.out.println("chaos: what was seen is kept in " + folder);
      }
    }
  }

  private void end(Lab lab) {
    interrupted.set(true);
    try {
      lab.close();
    } catch (IOException | InterruptedException e) {
      System.err.println("chaos: not everything was taken away: " + e.getMessage());
    }
  }

  private void rounds(Plan plan, Lab lab, Heartbeats beats, NemesisLog log, Tally tally)
      throws Broken, IOException, InterruptedException {
    Canary canary = new Canary();
    Administration administration = new Administration(lab, beats, log, TTL_SECONDS, GRACE_SECONDS);
    Nemesis nemesis =
        new Nemesis(
            lab,
            GRACE_SECONDS * 1000L,
            beats,
            new Faults(lab, beats, administration, log),
            canary,
            log);
    canary.start();
    Campaign campaign =
        new Campaign(nemesis::carryOut, tally, log, outcome -> tell(outcome, beats, tally));
    campaign.play(plan, System.nanoTime() + (long) (options.minutes() * 60e9));
  }

  private static void tell(Outcome outcome, Heartbeats beats, Tally tally) {
    System.out.printf(
        "chaos: round %d, %s: idle for %d ms at most; %d faults, %d grants so far%n",
        outcome.round().number(),
        outcome.round().storm() ? "a storm" : outcome.round().faults().getFirst().kind().name(),
        outcome.idleMillis(),
        tally.faults(),
        beats.verdict().spans().size());
  }

  private Plan plan() {
    List<Case> alone = Catalogue.alone(times).stream().filter(this::possible).toList();
    List<Case> storm = Catalogue.storm(times).stream().filter(this::possible).toList();
    if (options.only().isEmpty()) {
      return new Plan(options.seed(), alone, storm);
    }
    List<Case> only = alone.stream().filter(c -> c.name().matches(options.only())).toList();
    return new Plan(options.seed(), only, only.isEmpty() ? storm : List.of());
  }

  private boolean possible(Case kind) {
    return options.secure()
        || (kind.action() != Action.ROTATE_TLS && kind.action() != Action.EXPIRE_TOKENS);
  }

  private LabSettings settings() {
    return new LabSettings(
        List.of(
            options.java().toString(),
            "@" + options.flags(),
            "@" + options.flags().resolveSibling("compiled-early"),
            "-cp",
            options.classPath()),
        options.gate(),
        options.writer(),
        options.bin(),
        folder,
        MEMORY,
        TTL_SECONDS,
        GRACE_SECONDS,
        options.secure(),
        LAUNCHERS,
        PODS);
  }

  /** Tells what was seen; gives the exit status. */
  private int report(Lab lab, Heartbeats beats, Tally tally, Plan plan, List<Beyond.Shown> beyond)
      throws IOException, InterruptedException {
    Unplayed unplayed = Unplayed.of(tally, plan.alone(), lab.canLimitWrites());
    Optional<String> failure = unplayed.failure();
    if (failure.isEmpty()) { // as after a broken promise, there is no result else
      String version = lab.cluster().version();
      new Report(options, times, version, beats.verdict(), tally, unplayed, beyond).write();
    }
    if (!tally.missed().isEmpty()) {
      System.out.println(
          "chaos: beyond the bound once, and within it when played again: "
              + String.join(", ", tally.missed()));
    }
    if (!unplayed.forWantOfTime().isEmpty()) {
      System.out.println(
          "chaos: not played, for want of time: "
              + String.join(", ", unplayed.forWantOfTime())
              + "; more --minutes, or --only");
    }
    if (!unplayed.neverDone().isEmpty()) {
      System.out.println(
          "chaos: tried, and could not be done: " + String.join(", ", unplayed.neverDone()));
    }
    System.out.printf(
        "chaos: %d faults in %d rounds, %d grants, no overlap, no token went back%n",
        tally.faults(), tally.rounds(), beats.verdict().spans().size());
    failure.ifPresent(why -> System.err.println("chaos: " + why));
    return failure.isPresent() ? FAILED : 0;
  }

  private void keep() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(MEMORY, "{records,beyond-*}")) {
      for (Path file : files) {
        Path copy = folder.resolve(file.getFileName());
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
