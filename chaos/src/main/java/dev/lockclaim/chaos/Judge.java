package dev.lockclaim.chaos;

import dev.lockclaim.chaos.plan.Case;
import dev.lockclaim.chaos.plan.Effect;
import dev.lockclaim.systemtest.Span;
import java.util.Optional;

/** Holds what a fault that came alone has done against what the guarantees say of it. Pure. */
final class Judge {
  /**
   * On top of a bound: the start of main's first process, and seven JVMs and three members of etcd
   * that want two processors in the moment of a take-over. A stall of the machine is not in it:
   * such a round is not judged.
   */
  static final long BUSY_MILLIS = 2000;

  private Judge() {}

  /**
   * Requires that main was stopped where it is to be, and was not where nothing is to happen.
   *
   * @throws Broken when it is otherwise
   */
  static void requireEffect(Outcome outcome, Span before, Span after) throws Broken {
    if (!oneFault(outcome)) {
      return;
    }
    Case kind = kind(outcome);
    if (kind.effect() == Effect.NOTHING && outcome.stopped()) {
      throw new Broken(
          kind.name()
              + " is to change nothing, but main was stopped: "
              + before
              + ", then "
              + after);
    }
    if (kind.effect() == Effect.ENDS && !outcome.stopped()) {
      throw new Broken(kind.name() + " is to end main, but it runs on: " + after);
    }
  }

  /** In words, that nobody was active for longer than the kind's bound allows; empty if not so. */
  static Optional<String> missedBound(Outcome outcome) {
    if (!judged(outcome) || kind(outcome).effect() == Effect.NOTHING) {
      return Optional.empty();
    }
    Case kind = kind(outcome);
    if (outcome.idleMillis() <= kind.idleMillis() + BUSY_MILLIS) {
      return Optional.empty();
    }
    return Optional.of(
        "%s: nobody was active for %d ms, where %d ms is the bound (%s)"
            .formatted(kind.name(), outcome.idleMillis(), kind.idleMillis(), kind.arithmetic()));
  }

  /** Whether the times of this round say something of its one fault. */
  static boolean judged(Outcome outcome) {
    return outcome.conclusive() && oneFault(outcome);
  }

  private static boolean oneFault(Outcome outcome) {
    return !outcome.round().storm() && outcome.faults() > 0;
  }

  private static Case kind(Outcome outcome) {
    return outcome.round().faults().getFirst().kind();
  }
}
