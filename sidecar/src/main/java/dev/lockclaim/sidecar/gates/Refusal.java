package dev.lockclaim.sidecar.gates;

/** Why a gate did not run main, the gravest last. */
public enum Refusal {
  /** The time by which main would have to end has passed. */
  LATE,
  /** The token was stopped or has run before. */
  STALE,
  /** Another token runs. */
  BUSY,
  /** The gate is going away. */
  STOPPING,
  /** The command could not be executed. */
  EXEC
}
