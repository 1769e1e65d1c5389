package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.TestingScale.Fault;
import dev.lockclaim.lock.TestingScale.Trait;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Every state that two pods with one slot can get into from where one is active and the other in
 * line, within bounds: the product's own decisions, and the gate's own code. Each kind of fault
 * happens once at the most, time passes {@value #TICKS} times by half a lease, etcd takes {@value
 * #PUTS} more joins, grants and hand-overs. A run with more states than -Dlockclaim.search.states=N
 * is cut: breadth first, so that all short histories are seen. What is found wrong is told as the
 * shortest story that leads there. -Dlockclaim.search.ticks=N and -Dlockclaim.search.puts=N make
 * longer histories, -Dlockclaim.search.only=REGEX picks runs; -Dlockclaim.search.whole=true demands
 * that none is cut, but those of three kinds of faults: they have more states than memory.
 */
final class SearchTest {
  private static final boolean WHOLE = Boolean.getBoolean("lockclaim.search.whole");
  private static final int FIRST_STATES = 60_000;
  private static final int STATES =
      Integer.getInteger("lockclaim.search.states", WHOLE ? Integer.MAX_VALUE : FIRST_STATES);
  private static final String ONLY = System.getProperty("lockclaim.search.only", ".*");

  /** Each has its states in memory: not as many as there are processors. */
  private static final int AT_ONCE = 2;

  private static final int TICKS = 2;
  private static final int PUTS = 1;
  private static final int TTL_SECONDS = 4;
  private static final long TICK_NANOS = 2_000_000_000L;

  /** A fair run takes milliseconds, a state microseconds. */
  private static final int FAIR_EACH = 500;

  /** TTL and the longest delay, but less than a RUN is waited for that nobody answers. */
  private static final long BOUND_NANOS = 9_500_000_000L;

  /** What is searched. */
  record Run(String name, int leases, int delaySeconds, Set<Fault> faults, Set<Trait> with) {
    TestingScale scale() {
      EnumSet<Trait> traits = EnumSet.of(Trait.COARSE, Trait.ONCE_EACH);
      traits.addAll(with);
      return new TestingScale(
          2,
          1,
          TTL_SECONDS,
          1,
          delaySeconds,
          0,
          List.of(TICK_NANOS),
          faults,
          faults.size(),
          traits,
          Integer.getInteger("lockclaim.search.puts", PUTS),
          leases,
          Integer.getInteger("lockclaim.search.ticks", TICKS));
    }

    boolean fits() {
      return faults.size() < 3;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Run> runs() {
    return List.of(
        new Run("yield", 2, 0, Set.of(Fault.YIELD), Set.of()),
        new Run("slow renewals", 2, 0, Set.of(), Set.of(Trait.SLOW_RENEWALS)),
        new Run("slow gates", 2, 0, Set.of(Fault.YIELD), Set.of(Trait.SLOW_GATES)),
        new Run("sidecars that pause", 2, 0, Set.of(Fault.YIELD), Set.of(Trait.PAUSES)),
        new Run("sidecar crash", 2, 0, Set.of(Fault.YIELD, Fault.SIDECAR_CRASH), Set.of()),
        new Run(
            "sidecar crash, slow gates",
            2,
            0,
            Set.of(Fault.SIDECAR_CRASH),
            Set.of(Trait.SLOW_GATES)),
        new Run("gate killed", 2, 0, Set.of(Fault.GATE_KILLED), Set.of()),
        new Run(
            "gate killed, sidecar crash",
            2,
            0,
            Set.of(Fault.GATE_KILLED, Fault.SIDECAR_CRASH),
            Set.of()),
        new Run("container ends", 2, 0, Set.of(Fault.CONTAINER_ENDS), Set.of()),
        new Run("main exits", 2, 0, Set.of(Fault.MAIN_EXITS), Set.of()),
        new Run(
            "main exits, sidecar crash",
            2,
            0,
            Set.of(Fault.MAIN_EXITS, Fault.SIDECAR_CRASH),
            Set.of()),
        new Run("unknown outcome", 2, 0, Set.of(Fault.YIELD, Fault.UNKNOWN_OUTCOME), Set.of()),
        new Run("watch breaks", 2, 0, Set.of(Fault.YIELD, Fault.WATCH_BREAKS), Set.of()),
        new Run("suspend, yield", 2, 0, Set.of(Fault.YIELD, Fault.SUSPEND), Set.of()),
        new Run("suspend and resume", 2, 0, Set.of(Fault.SUSPEND, Fault.RESUME), Set.of()),
        new Run(
            "suspend and resume, yield",
            2,
            0,
            Set.of(Fault.YIELD, Fault.SUSPEND, Fault.RESUME),
            Set.of()),
        new Run("hand-over asked for", 2, 0, Set.of(Fault.REQUEST), Set.of()),
        new Run("delay", 3, 1, Set.of(Fault.YIELD), Set.of()),
        new Run("lease revoked, with a delay", 3, 6, Set.of(Fault.LEASE_REVOKED), Set.of()),
        new Run("holder key deleted", 2, 0, Set.of(Fault.HOLDER_DELETED), Set.of()),
        new Run(
            "etcd that renews what has ended", 3, 0, Set.of(Fault.YIELD), Set.of(Trait.OLD_ETCD)),
        new Run("wall clock jumps", 2, 0, Set.of(Fault.CLOCK_JUMPS), Set.of()));
  }

  @Test
  void noStateBreaksAPromise() throws InterruptedException, ExecutionException {
    List<Run> runs = runs().stream().filter(run -> run.name().matches(ONLY)).toList();
    assertThat(runs).as("runs whose name matches %s", ONLY).isNotEmpty();
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      List<Callable<String>> searches = new ArrayList<>();
      runs.forEach(run -> searches.add(() -> failure(run)));
      List<String> failures = new ArrayList<>();
      for (Future<String> failure : threads.invokeAll(searches)) {
        failures.add(failure.get());
      }
      assertThat(failures).filteredOn(failure -> !failure.isEmpty()).isEmpty();
    }
  }

  /** What is wrong, with the story; empty when nothing is. */
  private static String failure(Run run) {
    try {
      search(run);
      return "";
    } catch (AssertionError e) {
      return "search " + run + ": " + e.getMessage();
    }
  }

  private static void search(Run run) {
    long begun = System.nanoTime();
    TestingSearch.Result result =
        new TestingSearch(
                run.scale(), WHOLE && !run.fits() ? FIRST_STATES : STATES, FAIR_EACH, BOUND_NANOS)
            .run();
    System.out.printf(
        "search %s: %d states, %s, longest path %d, up to %d grants, longest fair wait %d ms, %d ms%n",
        run,
        result.states(),
        result.complete() ? "complete" : "cut",
        result.longestPath(),
        result.grants(),
        result.waitNanos() / 1_000_000,
        (System.nanoTime() - begun) / 1_000_000);
    // It begins with a main that was granted the lock; in each run the other one can be, too.
    assertThat(result.grants()).as("grants").isGreaterThan(1);
    assertThat(result.complete() || !WHOLE || !run.fits()).as("all states were looked at").isTrue();
  }
}
