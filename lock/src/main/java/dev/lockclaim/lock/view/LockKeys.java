package dev.lockclaim.lock.view;

import java.util.HexFormat;

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
