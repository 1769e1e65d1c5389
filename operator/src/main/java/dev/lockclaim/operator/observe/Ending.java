package dev.lockclaim.operator.observe;

/** How a grant ended. */
public enum Ending {
  /** Given back, main having ended. */
  RELEASED,
  /** Given to the next in line, main having ended. */
  HANDED_OVER,
  /** The holder vanished: its lease ran out. */
  LOST
}
