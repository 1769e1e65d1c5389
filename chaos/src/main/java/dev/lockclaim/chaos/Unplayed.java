package dev.lockclaim.chaos;

import dev.lockclaim.chaos.plan.Action;
import dev.lockclaim.chaos.plan.Case;
import java.util.List;
import java.util.Optional;

/**
 * The kinds of faults of which a run shows nothing, and why.
 *
 * @param forWantOfTime those that had no turn, or only on a machine that stood still
 * @param neverDone those that had a turn and could not be done in any, each with its turns
 * @param failing of those, the names that this machine is no excuse for
 */
record Unplayed(List<String> forWantOfTime, List<String> neverDone, List<String> failing) {

  /** Of these kinds; without a way to limit writes, a slow disk that was never is excused. */
  static Unplayed of(Tally tally, List<Case> kinds, boolean canLimitWrites) {
    List<Case> neverDone = tally.neverDone(kinds);
    return new Unplayed(
        tally.notPlayed(kinds),
        neverDone.stream()
            .map(kind -> kind.name() + " (rounds not done: " + tally.notDone(kind) + ")")
            .toList(),
        neverDone.stream()
            .filter(kind -> canLimitWrites || kind.action() != Action.SLOW_DISK)
            .map(Case::name)
            .toList());
  }

  /** Why the run fails, in a sentence; empty when it does not. */
  Optional<String> failure() {
    return failing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "these kinds were tried and could never be done, so that nothing is shown of them: "
                + String.join(", ", failing)
                + "; see \"did not succeed\" in nemesis.log, and mend what it names");
  }
}
