package dev.lockclaim.lock.etcd;

import java.util.List;

/** One transaction: if all comparisons hold all writes are done; the lock is read either way. */
public record Step(List<Compare> compares, List<Write> writes) {

  /** A comparison; revision 0 means that the key is absent. */
  public sealed interface Compare {
    /** When the key was created. */
    record Created(String key, long revision) implements Compare {}

    /** When the key was last written. */
    record Modified(String key, long revision) implements Compare {}
  }

  /** A write. */
  public sealed interface Write {
    /** Puts a key; lease 0 is none. */
    record Put(String key, String value, long lease) implements Write {}

    /** Deletes a key. */
    record Delete(String key) implements Write {}

    /** Deletes all keys of a folder, which ends with a slash. */
    record DeleteBelow(String folder) implements Write {}
  }
}
