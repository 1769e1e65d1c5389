package dev.lockclaim.lock;

import java.util.Optional;

/** Hears what is worth measuring; called from the lock's threads, must not block. */
public interface LockObserver {
  /** Something changed: ask for the status. */
  default void changed() {}

  /** A renewal was answered after so long. */
  default void renewed(double seconds) {}

  /** The lease is renewed, and a while is left until the next time: what takes some may be done. */
  default void atLeisure() {}

  /**
   * What keeps the lease from being renewed has changed. Reads may go well meanwhile: the status
   * does not say it.
   *
   * @param why a sentence, none when nothing does any more
   */
  default void renewalTrouble(Optional<String> why) {}

  /** The lock was granted after so long in line. */
  default void acquired(double seconds) {}

  /** The pod began or ended holding: acquired, released, lost. */
  default void transition(String reason) {}

  /** The lock was lost while main ran. */
  default void lost(Loss how) {}
}
