package dev.lockclaim.lock;

/** Hears what is worth measuring; called from the lock's threads, must return at once. */
public interface LockObserver {
  /** Something changed: ask for the status. */
  default void changed() {}

  /** A renewal was answered after so long. */
  default void renewed(double seconds) {}

  /** The lock was granted after so long in line. */
  default void acquired(double seconds) {}

  /** The pod began or ended holding: acquired, released, lost. */
  default void transition(String reason) {}

  /** The lock was lost while main ran. */
  default void lost(Loss how) {}
}
