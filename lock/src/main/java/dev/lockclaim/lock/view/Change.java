package dev.lockclaim.lock.view;

/** An event of a watch. */
public sealed interface Change {
  /** When. */
  long revision();

  /** What was changed. */
  String key();

  /** A key was written. */
  record Put(Entry entry) implements Change {
    @Override
    public long revision() {
      return entry.modRevision();
    }

    @Override
    public String key() {
      return entry.key();
    }
  }

  /** A key is gone. */
  record Delete(String key, long revision) implements Change {}
}
