package dev.lockclaim.lock;

/** Why a gate did not run main. */
public enum Refusal {
  /** The TERM time had passed; main has not run. */
  LATE,
  /** The token was stopped or has run already. */
  STALE,
  /** Another token runs. */
  BUSY,
  /** The gate is going away. */
  STOPPING,
  /** The command cannot be executed. */
  EXEC
}
