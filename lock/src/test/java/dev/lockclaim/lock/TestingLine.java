package dev.lockclaim.lock;

/** A line between sidecar and gate; gate/PROTOCOL.md. */
sealed interface TestingLine {
  /** Why main is being ended, in the order of the gate's code. */
  enum Why {
    STOP,
    TERM,
    DEADLINE,
    EXITED,
    KILLED;

    /** Somebody wanted it, rather than main having ended by itself. */
    boolean wanted() {
      return this == STOP || this == TERM || this == DEADLINE;
    }
  }

  /** What HELLO says of main, in the order of the gate's code. */
  enum Mode {
    WAITING,
    RUNNING,
    STOPPING
  }

  /** The sidecar's first line. */
  record Hello(int sidecar) implements TestingLine {}

  record Run(long token, long termNanos, long killNanos) implements TestingLine {}

  record Times(long token, long termNanos, long killNanos) implements TestingLine {}

  record Stop(long token, long graceNanos) implements TestingLine {}

  /** The gate's first line. */
  record Here(int instance, Mode mode, long token) implements TestingLine {}

  record Started(long token) implements TestingLine {}

  record Refused(long token, Refusal why) implements TestingLine {}

  record Stopping(long token, Why why) implements TestingLine {}

  record Ended(long token, Why why, boolean exits) implements TestingLine {}

  /** The end of the connection. */
  record Eof() implements TestingLine {}
}
