package dev.lockclaim.chaos.plan;

/** What a fault that comes alone does to the main that is active. */
public enum Effect {
  /** It runs on: the same start, the same token. */
  NOTHING,
  /** It ends, and another is active in time. */
  ENDS,
  /** Either. */
  MAY_END
}
