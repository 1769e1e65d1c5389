package dev.lockclaim.sidecar.gates;

import java.util.Set;

/**
 * What runs now.
 *
 * @param token of main, 0 when nothing runs or may run
 * @param sinceNanos when this sidecar began or took it up, on CLOCK_BOOTTIME
 * @param up containers whose main is known to run and not to be on its way out
 */
public record Activation(long token, long sinceNanos, Set<String> up) {
  /** Nothing runs. */
  public static final Activation NONE = new Activation(0, 0, Set.of());
}
