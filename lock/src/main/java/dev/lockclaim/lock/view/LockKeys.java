package dev.lockclaim.lock.view;

import java.util.HexFormat;
import java.util.Optional;

/** Names of keys below a lock's prefix; docs/reference/etcd-keys.md. */
public final class LockKeys {
  /** Written by the operator. */
  public static final String SETTINGS = "settings";

  /** A hand-over asked for. */
  public static final String REQUEST = "request";

  /** Folder of those in line. */
  public static final String QUEUE = "queue/";

  /** Folder of holders. */
  public static final String HOLDER = "holder/";

  static final String LEDGER = "ledger/";

  private static final HexFormat HEX = HexFormat.of();

  private LockKeys() {}

  /** The prefix of all keys of a lock. */
  public static String prefix(String prefix, String namespace, String name) {
    return prefix + "/" + namespace + "/" + name + "/";
  }

  /** A candidate's place. */
  public static String queue(long lease) {
    return QUEUE + hex(lease);
  }

  /** Whose place a key is, in whatever spelling; nobody's when it is no place or has no number. */
  static Optional<Long> leaseOf(String key) {
    if (!key.startsWith(QUEUE)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseUnsignedLong(key, QUEUE.length(), key.length(), 16));
    } catch (NumberFormatException notOurs) {
      return Optional.empty();
    }
  }

  /** A slot's holder. */
  public static String holder(int slot) {
    return HOLDER + slot;
  }

  /** A slot's ledger. */
  public static String ledger(int slot) {
    return LEDGER + slot;
  }

  /** Ids of leases and clusters as text. */
  public static String hex(long id) {
    return HEX.toHexDigits(id);
  }
}
