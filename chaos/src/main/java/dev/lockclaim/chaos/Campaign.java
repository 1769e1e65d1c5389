package dev.lockclaim.chaos;

import dev.lockclaim.chaos.plan.Plan;
import dev.lockclaim.chaos.plan.Round;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Plays the rounds of a plan. A round whose bound was missed is played once more, with the same
 * fault: a machine of two processors may be late once without a stall that could be felt. A second
 * miss of a kind in a run is the lock's. Not safe for use by several threads.
 */
final class Campaign {
  /** Carries a round out. */
  interface Player {
    Outcome carryOut(Round round) throws Broken, IOException, InterruptedException;
  }

  /** For one repetition that says something; on a machine that stalls in each of them none does. */
  private static final int MOST_REPETITIONS = 3;

  private final Player player;
  private final Tally tally;
  private final NemesisLog log;
  private final Consumer<Outcome> each;

  /** A campaign that tells each outcome to someone, when it is in the tally. */
  Campaign(Player player, Tally tally, NemesisLog log, Consumer<Outcome> each) {
    this.player = player;
    this.tally = tally;
    this.log = log;
    this.each = each;
  }

  /**
   * Plays until the time is over (System.nanoTime), and longer only to repeat a missed round.
   *
   * @throws Broken when a promise was broken
   */
  void play(Plan plan, long endNanos) throws Broken, IOException, InterruptedException {
    while (System.nanoTime() < endNanos) {
      playTwiceIfMissed(plan.next());
    }
  }

  void playTwiceIfMissed(Round round) throws Broken, IOException, InterruptedException {
    Optional<String> missed = missedBy(play(round));
    if (missed.isEmpty()) {
      return;
    }
    log.say("MISSED %s: the same once more".formatted(missed.get()));
    for (int turn = 0; turn < MOST_REPETITIONS; turn++) {
      Outcome again = play(round);
      missedBy(again);
      if (Judge.judged(again)) {
        return;
      }
    }
    throw new Broken(missed.get() + "; the machine stood still in each repetition of it");
  }

  private Outcome play(Round round) throws Broken, IOException, InterruptedException {
    Outcome outcome = player.carryOut(round);
    tally.add(outcome);
    each.accept(outcome);
    return outcome;
  }

  private Optional<String> missedBy(Outcome outcome) throws Broken {
    Optional<String> missed = Judge.missedBound(outcome);
    if (missed.isPresent() && !tally.addMissed(outcome)) {
      throw new Broken(missed.get() + ", and it is the second time in this run");
    }
    return missed;
  }
}
