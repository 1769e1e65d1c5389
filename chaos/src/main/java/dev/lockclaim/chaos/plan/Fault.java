package dev.lockclaim.chaos.plan;

/**
 * One fault.
 *
 * @param choice chooses where there are several to choose from
 * @param atMillis after the begin of its round
 * @param millis how long it lasts
 */
public record Fault(Case kind, int choice, long atMillis, long millis) {}
