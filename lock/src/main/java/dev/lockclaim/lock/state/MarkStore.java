package dev.lockclaim.lock.state;

import java.io.IOException;

/** Where the marks of a pod are kept. Not safe for use by several threads. */
public interface MarkStore {
  /** What stands there. */
  Marks marks();

  /**
   * Writes marks: kept, whatever happens to this process, when it returns.
   *
   * @throws IOException when it is not known that they are kept; {@link #marks} are the old ones, a
   *     later process may read either
   */
  void write(Marks next) throws IOException;
}
