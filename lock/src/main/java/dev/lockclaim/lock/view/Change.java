package dev.lockclaim.lock.view;

/** An event of a watch. */
public sealed interface Change {
  /** When. */
  long revision();

  /** A key was written. */
  record Put(Entry entry) implements Change {
    @Override
    public long revision() {
      return entry.modRevision();
    }
  }

  /** A key is gone. */
  record Delete(String key, long revision) implements Change {}
}
