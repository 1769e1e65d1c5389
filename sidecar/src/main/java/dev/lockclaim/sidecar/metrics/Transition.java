package dev.lockclaim.sidecar.metrics;

import java.util.Locale;

/** How a pod's part in its lock changes; the values of a label, so they are few and stay. */
public enum Transition {
  /** It was granted the lock, and main is run. */
  ACQUIRED,
  /** It gave the lock back, or to somebody else, main having ended. */
  RELEASED,
  /** It lost the lock while main ran. */
  LOST;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
