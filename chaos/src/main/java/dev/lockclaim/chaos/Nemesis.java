package dev.lockclaim.chaos;

import dev.lockclaim.chaos.lab.Lab;
import dev.lockclaim.chaos.plan.Effect;
import dev.lockclaim.chaos.plan.Fault;
import dev.lockclaim.chaos.plan.Round;
import dev.lockclaim.chaos.plan.Target;
import dev.lockclaim.systemtest.Span;
import dev.lockclaim.systemtest.SpanChecker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Carries out rounds, and judges what they have done to exclusion and to main. */
final class Nemesis {
  /** Beyond any bound, on a busy machine too: what takes longer hangs. */
  private static final long PEACE_SECONDS = 90;

  /**
   * So that a main that is about to be stopped is not taken for a steady one, and one that was
   * killed a moment ago and is still on the record not for one that runs.
   */
  private static final long STEADY_NANOS = 700_000_000L;

  /** Who stays away after its main was killed again and again comes back within a minute. */
  private static final int LEAST_IN_LINE = 3;

  private final Lab lab;
  private final long graceNanos;
  private final Heartbeats beats;
  private final Faults faults;
  private final Canary canary;
  private final NemesisLog log;

  /** Makes nothing yet; the grace is how long a main that ignores SIGTERM goes on after it. */
  Nemesis(
      Lab lab, long graceMillis, Heartbeats beats, Faults faults, Canary canary, NemesisLog log) {
    this.canary = canary;
    graceNanos = graceMillis * 1_000_000;
    this.lab = lab;
    this.beats = beats;
    this.faults = faults;
    this.log = log;
  }

  /**
   * Carries a round out, from peace to peace. Whether its bound of time was kept is the caller's.
   *
   * @throws Broken when a promise was broken, or peace does not come back
   */
  Outcome carryOut(Round round) throws Broken, IOException, InterruptedException {
    Span before = awaitPeace(0);
    long from = BootClock.nanos();
    long fromNanoTime = System.nanoTime();
    log.say("round %d, %s".formatted(round.number(), round.storm() ? "a storm" : "one fault"));
    int done = round.storm() ? storm(round) : commit(round.faults().getFirst()) ? 1 : 0;
    Span after = awaitPeace(graceNanos);
    if (endsMain(round) && after.start().equals(before.start())) {
      // It may ignore SIGTERM, in a pod that was told to end: that has a longer grace of its own.
      after = awaitPeace(Lab.LONGEST_STOP_MILLIS * 1_000_000);
    }
    long idle = beats.longestIdleMillis(from, BootClock.nanos());
    boolean stopped = !after.start().equals(before.start());
    long stalled = canary.stalledMillisSince(fromNanoTime);
    if (!round.storm() && !stopsMain(round.faults().getFirst())) {
      stalled = Math.max(stalled, beats.silentMillisSince(from));
    }
    log.say(
        "peace; idle for %d ms at most, %s"
            .formatted(idle, stopped ? "another main" : "the same main"));
    Outcome outcome = new Outcome(round, done, idle, stalled, stopped);
    if (outcome.conclusive()) {
      Judge.requireEffect(outcome, before, after);
    } else {
      log.say("the machine itself stood still for %d ms: times are not judged".formatted(stalled));
    }
    return outcome;
  }

  private static boolean endsMain(Round round) {
    return !round.storm() && round.faults().getFirst().kind().effect() == Effect.ENDS;
  }

  /** Whether the silence of a main is the fault's own work. */
  private static boolean stopsMain(Fault fault) {
    return switch (fault.kind().action()) {
      case STARVE -> true;
      case FREEZE -> fault.kind().target() == Target.HOLDER_MAIN;
      default -> false;
    };
  }

  /** False when it could not be done; an administrator's command may fail on a busy machine. */
  private boolean commit(Fault fault) throws Broken, InterruptedException {
    try {
      faults.commit(fault);
      return true;
    } catch (IOException e) {
      log.say("%s did not succeed: %s".formatted(fault.kind().name(), e.getMessage()));
      return false;
    }
  }

  private int storm(Round round) throws Broken, InterruptedException {
    AtomicInteger done = new AtomicInteger();
    AtomicReference<Broken> broken = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (Fault fault : round.faults()) {
      threads.add(
          Thread.ofVirtual()
              .name(fault.kind().name())
              .start(
                  () -> {
                    try {
                      Thread.sleep(fault.atMillis());
                      if (commit(fault)) {
                        done.incrementAndGet();
                      }
                    } catch (Broken e) {
                      broken.set(e);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (broken.get() != null) {
      throw broken.get();
    }
    return done.get();
  }

  /** Waits until all is well, and a main is heard that nothing of the past is about to end. */
  private Span awaitPeace(long endingNanos) throws Broken, InterruptedException, IOException {
    long after = BootClock.nanos() + endingNanos + STEADY_NANOS;
    try {
      Lab.await("etcd", PEACE_SECONDS, lab.cluster()::healthy);
      Lab.await("a steady main", PEACE_SECONDS, () -> steady(after).isPresent());
      Lab.await(
          "candidates in line", PEACE_SECONDS, () -> lab.keys().candidates() >= LEAST_IN_LINE);
      Lab.await("a steady main", PEACE_SECONDS, () -> steady(after).isPresent());
    } catch (IOException e) {
      throw new Broken("the lock does not recover: " + e.getMessage(), e);
    } finally {
      requireExclusion();
    }
    return steady(after).or(this::last).orElseThrow();
  }

  private Optional<Span> last() {
    return Optional.of(beats.verdict().spans().getLast());
  }

  private Optional<Span> steady(long after) {
    try {
      return beats
          .active()
          .filter(span -> span.lastNanos() - span.firstNanos() > STEADY_NANOS)
          .filter(span -> span.lastNanos() > after);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private void requireExclusion() throws Broken {
    SpanChecker.Verdict verdict = beats.verdict();
    if (!verdict.violations().isEmpty() || !verdict.late().isEmpty()) {
      List<String> all = new ArrayList<>(verdict.violations());
      all.addAll(verdict.late());
      throw new Broken(String.join(System.lineSeparator(), all));
    }
  }
}
