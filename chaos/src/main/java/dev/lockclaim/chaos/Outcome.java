package dev.lockclaim.chaos;

import dev.lockclaim.chaos.plan.Round;

/**
 * What a round has done.
 *
 * @param faults that were done
 * @param idleMillis the longest time in which nobody was active
 * @param stalledMillis how long the machine itself stood still: with much of it, times prove
 *     nothing
 * @param stopped whether the main of before is not active any more
 */
record Outcome(Round round, int faults, long idleMillis, long stalledMillis, boolean stopped) {
  private static final long MUCH_MILLIS = 400;

  /** Whether times and stops say anything about the lock, rather than about the machine. */
  boolean conclusive() {
    return stalledMillis < MUCH_MILLIS;
  }
}
