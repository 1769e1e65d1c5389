package dev.lockclaim.chaos;

import dev.lockclaim.chaos.plan.Case;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Adds up what the rounds have done. Not safe for use by several threads. */
final class Tally {
  /** What one kind of fault did when it came alone. */
  static final class Kind {
    private final Case kind;
    private final List<Long> idleMillis = new ArrayList<>();

    private Kind(Case kind) {
      this.kind = kind;
    }

    Case kind() {
      return kind;
    }

    int samples() {
      return idleMillis.size();
    }

    long longestIdleMillis() {
      return idleMillis.stream().mapToLong(Long::longValue).max().orElse(0);
    }
  }

  private final Map<String, Kind> alone = new TreeMap<>();
  private final Set<String> missed = new TreeSet<>();
  private int rounds;
  private int faults;
  private long longestStormIdleMillis;
  private int storms;
  private int inconclusive;
  private int notDone;

  void add(Outcome outcome) {
    rounds++;
    faults += outcome.faults();
    if (!outcome.conclusive()) {
      inconclusive++;
    } else if (outcome.faults() == 0) {
      notDone++;
    } else if (outcome.round().storm()) {
      storms++;
      longestStormIdleMillis = Math.max(longestStormIdleMillis, outcome.idleMillis());
    } else {
      Case kind = outcome.round().faults().getFirst().kind();
      alone
          .computeIfAbsent(kind.name(), name -> new Kind(kind))
          .idleMillis
          .add(outcome.idleMillis());
    }
  }

  /** Counts a round whose bound was missed; false when one of its kind was missed before. */
  boolean addMissed(Outcome outcome) {
    return missed.add(outcome.round().faults().getFirst().kind().name());
  }

  /** The kinds whose bound was missed once, and kept when it was played again. */
  List<String> missed() {
    return List.copyOf(missed);
  }

  /** Which of these kinds have not been played, or only in rounds that say nothing. */
  List<String> notPlayed(List<Case> kinds) {
    return kinds.stream()
        .map(Case::name)
        .filter(name -> !alone.containsKey(name))
        .sorted()
        .toList();
  }

  int rounds() {
    return rounds;
  }

  int faults() {
    return faults;
  }

  /** Rounds in which the machine itself stood still, so that their times are not counted. */
  int inconclusive() {
    return inconclusive;
  }

  /** Rounds whose one fault could not be done. */
  int notDone() {
    return notDone;
  }

  int storms() {
    return storms;
  }

  long longestStormIdleMillis() {
    return longestStormIdleMillis;
  }

  List<Kind> alone() {
    return List.copyOf(alone.values());
  }
}
