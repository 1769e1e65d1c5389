package dev.lockclaim.bench.peers;

/** One who stands in line for a lock. Used by one thread. */
interface Contender {
  /**
   * Blocks until the lock is held.
   *
   * @param lost called when the library tells that the lock was lost and is not to be used any more
   * @return when it was known; CLOCK_MONOTONIC in nanoseconds
   */
  long join(Runnable lost) throws Exception;

  /** Gives the lock that is held back; returns when the library says that it is given back. */
  void release() throws Exception;
}
