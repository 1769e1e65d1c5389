package dev.lockclaim.chaos.plan;

import java.util.List;

/** Faults between two moments of peace: one alone, or a storm of many at once. */
public record Round(int number, boolean storm, List<Fault> faults) {
  /** Copies its list. */
  public Round {
    faults = List.copyOf(faults);
  }
}
