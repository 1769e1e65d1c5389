package dev.lockclaim.lock;

/**
 * How main ended: no process of it is left.
 *
 * @param asked whether the lock, or the pod's end, asked for it
 * @param exitStatus as a shell tells it
 * @param rejoin whether the pod may stand in line again
 */
public record Ending(boolean asked, int exitStatus, Next next, boolean rejoin) {
  /** What the gates do now. */
  public enum Next {
    /** They wait for another run. */
    WAIT,
    /** They go, and come back only as new ones. */
    EXIT
  }
}
