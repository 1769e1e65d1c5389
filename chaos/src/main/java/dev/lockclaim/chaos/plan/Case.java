package dev.lockclaim.chaos.plan;

import java.util.Locale;

/**
 * A kind of fault.
 *
 * @param brief whether it is the shorter one of two kinds that differ in nothing but their length
 * @param leastMillis how long it lasts at least
 * @param mostMillis how long it lasts at most
 * @param idleMillis how long nobody is active at most when it comes alone; 0 when nothing may
 *     happen
 * @param arithmetic of idleMillis, in words
 */
public record Case(
    Action action,
    Target target,
    Effect effect,
    boolean brief,
    long leastMillis,
    long mostMillis,
    long idleMillis,
    String arithmetic) {

  /** For example {@code freeze-leader}, or {@code freeze-all-members-briefly}. */
  public String name() {
    String name =
        action.name()
            + (target == Target.NOBODY ? "" : "-" + target.name())
            + (brief ? "-briefly" : "");
    return name.toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
