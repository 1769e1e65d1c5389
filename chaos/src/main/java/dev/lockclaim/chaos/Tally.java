package dev.lockclaim.chaos;

import static java.util.Comparator.comparing;

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
  private final Set<String> done = new TreeSet<>();
  private final Map<String, Integer> notDoneAlone = new TreeMap<>();
  private int rounds;
  private int faults;
  private long longestStormIdleMillis;
  private int storms;
  private int inconclusive;
  private int notDone;

  void add(Outcome outcome) {
    rounds++;
    faults += outcome.faults();
    addDone(outcome);
    if (!outcome.conclusive()) {
      inconclusive++;
    } else if (outcome.faults() > 0) {
      addTimes(outcome);
    }
  }

  private void addTimes(Outcome outcome) {
    if (outcome.round().storm()) {
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

  private void addDone(Outcome outcome) {
    if (outcome.faults() == 0) {
      notDone++;
    }
    if (outcome.round().storm()) {
      return;
    }
    String name = outcome.round().faults().getFirst().kind().name();
    if (outcome.faults() == 0) {
      notDoneAlone.merge(name, 1, Integer::sum);
    } else {
      done.add(name);
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

  /**
   * Which of these kinds have not been played for want of time: they had no turn, or are only in
   * rounds that say nothing. None of {@link #neverDone}.
   */
  List<String> notPlayed(List<Case> kinds) {
    return kinds.stream()
        .filter(kind -> !wasNeverDone(kind))
        .map(Case::name)
        .filter(name -> !alone.containsKey(name))
        .sorted()
        .toList();
  }

  /** Which of these kinds had a turn alone, and could not be done in any. */
  List<Case> neverDone(List<Case> kinds) {
    return kinds.stream().filter(this::wasNeverDone).sorted(comparing(Case::name)).toList();
  }

  private boolean wasNeverDone(Case kind) {
    return notDone(kind) > 0 && !done.contains(kind.name());
  }

  /** In how many rounds a kind alone could not be done. */
  int notDone(Case kind) {
    return notDoneAlone.getOrDefault(kind.name(), 0);
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

  /** Rounds of which no fault could be done. */
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
