package dev.lockclaim.lock.state;

import java.io.IOException;

/** Where the marks of a pod are kept. Not safe for use by several threads. */
public interface MarkStore {
  /** What stands there. */
  Marks marks();

  /**
   * Writes marks: kept, whatever happens to this process, when it returns.
   *
   * @throws IOException when they are not taken; the old ones stand
   */
  void write(Marks next) throws IOException;
}
