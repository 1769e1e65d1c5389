package dev.lockclaim.sidecar.gates;

import dev.lockclaim.sidecar.gates.GateLine.Ended;

/** The pod's restartPolicy. */
public enum RestartPolicy {
  /** The kubelet starts a container again whenever it ends. */
  ALWAYS,
  /** The kubelet starts a container again when it ended with an error. */
  ON_FAILURE,
  /** The kubelet does not start a container again. */
  NEVER;

  /** Whether the container of a gate that said this will have a gate again. */
  boolean comesBack(Ended end) {
    if (!end.leaving()) {
      return true;
    }
    return switch (this) {
      case ALWAYS -> true;
      case ON_FAILURE -> !end.status().success();
      case NEVER -> false;
    };
  }
}
