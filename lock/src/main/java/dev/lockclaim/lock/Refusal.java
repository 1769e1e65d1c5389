package dev.lockclaim.lock;

public enum Refusal {
  LATE,
  STALE,
  BUSY,
  STOPPING,
  EXEC
}
