package dev.lockclaim.chaos;

import dev.lockclaim.chaos.plan.Round;

/**
 * What a round has done.
 *
 * @param faults that were done
 * @param idleMillis the longest time in which nobody was active
 * @param stopped whether the main of before is not active any more
 */
record Outcome(Round round, int faults, long idleMillis, boolean stopped) {}
