package dev.lockclaim.lock.view;

import java.util.Map;
import java.util.Optional;

/** A key of a lock, and what it says. */
sealed interface Known {
  /** The key as etcd has it. */
  Entry entry();

  /** Somebody in line. */
  record Place(Entry entry, Queued queued) implements Known {}

  /** A slot that is held; by whom may be unreadable. */
  record Held(Entry entry, Holder holder, boolean readable) implements Known {}

  /** A grant that was not given back yet. */
  record Granted(Entry entry, Ledger ledger, boolean readable) implements Known {}

  /** The operator's word. */
  record Rules(Entry entry, Settings settings) implements Known {}

  /** A hand-over asked for. */
  record Wish(Entry entry, Request request) implements Known {}

  /** A key that says nothing to this version. */
  record Unreadable(Entry entry) implements Known {}

  /** Whether the whole of it was understood. */
  default boolean understood() {
    return switch (this) {
      case Held held -> held.readable();
      case Granted granted -> granted.readable();
      case Unreadable _ -> false;
      case Place _, Rules _, Wish _ -> true;
    };
  }

  /** Reads a key; never fails. */
  static Known of(Entry entry) {
    Optional<Map<String, String>> fields = LockCodec.fields(entry.value());
    try {
      if (entry.key().startsWith(LockKeys.HOLDER)) {
        // One that cannot be read still holds its slot: never a grant on top of it.
        boolean readable = fields.filter(known -> isGrant(entry, known)).isPresent();
        return new Held(entry, holder(entry, fields.orElse(Map.of())), readable);
      }
      if (entry.key().startsWith(LockKeys.LEDGER)) {
        return new Granted(entry, ledger(entry, fields.orElse(Map.of())), fields.isPresent());
      }
      return fields.map(known -> of(entry, known)).orElseGet(() -> new Unreadable(entry));
    } catch (IllegalArgumentException notOurs) {
      return new Unreadable(entry);
    }
  }

  private static Known of(Entry entry, Map<String, String> fields) {
    if (entry.key().equals(LockKeys.SETTINGS)) {
      return new Rules(entry, LockCodec.settings(fields, entry.modRevision()));
    }
    if (entry.key().equals(LockKeys.REQUEST)) {
      String to = fields.getOrDefault("to", Request.ANY);
      String id = fields.getOrDefault("id", "");
      return new Wish(entry, new Request(to, id, entry.modRevision()));
    }
    Optional<Long> place = LockKeys.leaseOf(entry.key());
    if (place.isPresent()) {
      long lease = place.get();
      // Another one's would never go away; another spelling is not the key that is compared.
      if (lease != 0 && lease == entry.lease() && entry.key().equals(LockKeys.queue(lease))) {
        return new Place(
            entry, new Queued(lease, entry.createRevision(), LockCodec.identity(fields)));
      }
    }
    return new Unreadable(entry);
  }

  /** What is under no lease, or another than it says, was not granted and never goes away. */
  private static boolean isGrant(Entry entry, Map<String, String> fields) {
    return entry.lease() != 0
        && LockCodec.hexOrZero(fields, "lease") == entry.lease()
        && LockCodec.isEpoch(fields);
  }

  private static Holder holder(Entry entry, Map<String, String> fields) {
    return new Holder(
        slot(entry, LockKeys.HOLDER),
        entry.lease(),
        LockCodec.numberOrZero(fields, "epoch"),
        LockCodec.identity(fields),
        LockCodec.numberOrZero(fields, "grantTimeMillis"),
        fields.getOrDefault("via", ""),
        entry.modRevision());
  }

  private static Ledger ledger(Entry entry, Map<String, String> fields) {
    return new Ledger(
        slot(entry, LockKeys.LEDGER),
        LockCodec.hexOrZero(fields, "lease"),
        LockCodec.numberOrZero(fields, "epoch"),
        entry.modRevision());
  }

  private static int slot(Entry entry, String folder) {
    int slot = Integer.parseInt(entry.key().substring(folder.length()));
    if (slot < 0 || !entry.key().equals(folder + slot)) {
      // Such as 00: it must not stand for, or hide, the slot that it looks like.
      throw new IllegalArgumentException(entry.key() + " is not the key of a slot");
    }
    return slot;
  }
}
