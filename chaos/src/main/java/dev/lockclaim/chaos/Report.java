package dev.lockclaim.chaos;

import dev.lockclaim.chaos.plan.Effect;
import dev.lockclaim.chaos.plan.Plan;
import dev.lockclaim.chaos.plan.Times;
import dev.lockclaim.systemtest.SpanChecker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes what a run has shown, as a table for people and as numbers for programs. */
final class Report {
  private record Measure(String measure, long value, String unit, int samples) {}

  private final Options options;
  private final Times times;
  private final String etcdVersion;
  private final SpanChecker.Verdict verdict;
  private final Tally tally;
  private final Unplayed unplayed;
  private final List<Beyond.Shown> beyond;
  private final Instant when = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  Report(
      Options options,
      Times times,
      String etcdVersion,
      SpanChecker.Verdict verdict,
      Tally tally,
      Unplayed unplayed,
      List<Beyond.Shown> beyond) {
    this.unplayed = unplayed;
    this.beyond = List.copyOf(beyond);
    this.options = options;
    this.times = times;
    this.etcdVersion = etcdVersion;
    this.verdict = verdict;
    this.tally = tally;
  }

  void write() throws IOException {
    Files.createDirectories(options.results());
    Files.writeString(options.results().resolve("chaos.json"), json());
    Files.writeString(options.results().resolve("chaos.md"), table());
  }

  private List<Measure> measures() {
    int grants = verdict.spans().size();
    int played = tally.alone().size();
    int late = unplayed.forWantOfTime().size();
    int neverDone = unplayed.neverDone().size();
    int kinds = played + late + neverDone;
    List<Measure> all = new ArrayList<>();
    all.add(new Measure("seed", options.seed(), "", 1));
    all.add(new Measure("faults", tally.faults(), "faults", tally.rounds()));
    all.add(new Measure("grants", grants, "grants", tally.rounds()));
    all.add(new Measure("overlaps", count("two were active"), "grants", grants));
    all.add(new Measure("token-regressions", count("token "), "grants", grants));
    all.add(new Measure("late-writes", verdict.late().size(), "grants", grants));
    all.add(
        new Measure("rounds-on-a-stalled-machine", tally.inconclusive(), "rounds", tally.rounds()));
    all.add(new Measure("rounds-not-done", tally.notDone(), "rounds", tally.rounds()));
    all.add(new Measure("kinds-not-played", late, "kinds", kinds));
    all.add(new Measure("kinds-never-done", neverDone, "kinds", kinds));
    all.add(new Measure("kinds-missed-once", tally.missed().size(), "kinds", played));
    for (Tally.Kind kind : tally.alone()) {
      all.add(
          new Measure(
              "longest-idle " + kind.kind().name(),
              kind.longestIdleMillis(),
              "ms",
              kind.samples()));
    }
    all.add(
        new Measure("longest-idle storm", tally.longestStormIdleMillis(), "ms", tally.storms()));
    for (Beyond.Shown shown : beyond) {
      all.add(
          new Measure(
              "overlap-beyond " + shown.name(), shown.overlapMillis(), "ms", shown.turns()));
      all.add(
          new Measure("refused-beyond " + shown.name(), shown.refused(), "writes", shown.turns()));
    }
    return all;
  }

  private long count(String beginning) {
    return verdict.violations().stream().filter(v -> v.startsWith(beginning)).count();
  }

  private String json() throws IOException {
    StringBuilder json = new StringBuilder("{\n");
    json.append("  \"when\": \"").append(when).append("\",\n");
    json.append("  \"commit\": \"").append(options.commit()).append("\",\n");
    json.append("  \"machine\": \"").append(machine()).append("\",\n");
    json.append("  \"versions\": {\"etcd\": \"").append(etcdVersion);
    json.append("\", \"java\": \"").append(Runtime.version()).append("\", \"security\": \"");
    json.append(options.secure() ? "TLS and users" : "none").append("\"},\n  \"measures\": [\n");
    List<String> lines = new ArrayList<>();
    for (Measure m : measures()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "    {\"subject\": \"lockclaim\", \"measure\": \"%s\", \"value\": %d, \"unit\":"
                  + " \"%s\", \"samples\": %d}",
              m.measure(),
              m.value(),
              m.unit(),
              m.samples()));
    }
    return json.append(String.join(",\n", lines)).append("\n  ]\n}\n").toString();
  }

  private String table() throws IOException {
    StringBuilder text = new StringBuilder("# Faults on the real thing\n\n");
    text.append(
        """
        Written by `make chaos`: %s, commit %s, %s, etcd %s%s, seed %d, TTL %d s, grace %d s.

        | faults | rounds | grants | overlaps | token regressions | late writes |
        |---|---|---|---|---|---|
        | %d | %d | %d | %d | %d | %d |

        """
            .formatted(
                when,
                options.commit(),
                machine(),
                etcdVersion,
                options.secure() ? " with TLS and users" : "",
                options.seed(),
                times.ttlMillis() / 1000,
                times.graceMillis() / 1000,
                tally.faults(),
                tally.rounds(),
                verdict.spans().size(),
                count("two were active"),
                count("token "),
                verdict.late().size()));
    text.append("## Each kind alone\n\n");
    text.append("| fault | times | effect | longest idle, ms | bound, ms | bound's arithmetic |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (Tally.Kind kind : tally.alone()) {
      boolean nothing = kind.kind().effect() == Effect.NOTHING;
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %d | %s | %s | %s | %s |%n",
              kind.kind().name(),
              kind.samples(),
              effect(kind.kind().effect()),
              nothing ? "" : Long.toString(kind.longestIdleMillis()),
              nothing ? "" : Long.toString(kind.kind().idleMillis()),
              nothing ? "" : kind.kind().arithmetic()));
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%n%d storms of %d faults in %d s each: nobody was active for %d ms at most.%n",
            tally.storms(),
            Plan.STORM_FAULTS,
            Plan.STORM_MILLIS / 1000,
            tally.longestStormIdleMillis()));
    text.append(
        String.format(
            Locale.ROOT,
            "In %d rounds the machine itself stood still for 0.4 s or more: their times are not in"
                + " the table; exclusion and tokens were judged in all.%n",
            tally.inconclusive()));
    text.append(
        "Kinds that were not played for want of time: %s. %s%n"
            .formatted(
                listed(unplayed.forWantOfTime()),
                options.secure()
                    ? ""
                    : "Certificates and tokens of users are played with `--secure` only."));
    text.append(
        "Kinds that were tried and could not be done: %s. In %d rounds nothing could be done.%n"
            .formatted(listed(unplayed.neverDone()), tally.notDone()));
    text.append(
        "Kinds that took more than %d ms beyond their bound once, and kept it when played again: %s.%n"
            .formatted(Judge.BUSY_MILLIS, listed(tally.missed())));
    text.append(
        """

        ## Beyond the promise

        With candidates of their own, again until it is seen. The store remembers the highest token and refuses lower ones.
        The run fails when two are to be active at once and are not, and when two are not to be and are.

        | what | two at once | tries | two mains at once, ms | late writes that the store refused |
        |---|---|---|---|---|
        """);
    for (Beyond.Shown shown : beyond) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %d | %d | %d |%n",
              shown.name(),
              shown.overlaps() ? "yes" : "never",
              shown.turns(),
              shown.overlapMillis(),
              shown.refused()));
    }
    return text.toString();
  }

  private static String listed(List<String> names) {
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  private static String effect(Effect effect) {
    return switch (effect) {
      case NOTHING -> "none: the same main, the same token";
      case ENDS -> "another main";
      case MAY_END -> "the same main, or another";
    };
  }

  private static String machine() throws IOException {
    String memory =
        Files.readAllLines(Path.of("/proc/meminfo")).getFirst().replaceAll("[^0-9]", "");
    return Runtime.getRuntime().availableProcessors()
        + " cores, "
        + Long.parseLong(memory) / (1 << 20)
        + " GiB, Linux "
        + System.getProperty("os.version");
  }
}
