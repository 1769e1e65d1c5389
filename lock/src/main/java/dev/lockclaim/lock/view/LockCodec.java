package dev.lockclaim.lock.view;

import dev.lockclaim.lock.json.FlatFields;
import dev.lockclaim.lock.json.FlatJson;
import java.util.Map;
import java.util.Optional;

/** The values under a lock's prefix: small JSON objects whose field v is 1. */
public final class LockCodec {
  private LockCodec() {}

  /** A flat object's fields as text; empty for anything else, or another version. */
  static Optional<Map<String, String>> fields(String value) {
    return FlatFields.of(value).filter(fields -> "1".equals(fields.get("v")));
  }

  /**
   * Settings, all of them as they should be.
   *
   * @throws IllegalArgumentException when one is not: nothing is granted by what is half understood
   */
  static Settings settings(Map<String, String> fields, long modRevision) {
    String suspend = fields.getOrDefault("suspend", "false");
    if (!suspend.equals("true") && !suspend.equals("false")) {
      throw new IllegalArgumentException("suspend is neither true nor false: " + suspend);
    }
    return new Settings(
        (int) number(fields, "slots", 1, Integer.MAX_VALUE),
        (int) number(fields, "delaySeconds", 0, Integer.MAX_VALUE),
        fields.getOrDefault("prefer", ""),
        fields.getOrDefault("newestRevision", ""),
        suspend.equals("true"),
        number(fields, "epoch", 0, Token.MAX_EPOCH),
        Long.parseUnsignedLong(fields.getOrDefault("clusterId", "0"), 16),
        fields.getOrDefault("claim", ""),
        modRevision);
  }

  private static long number(Map<String, String> fields, String name, long absent, long most) {
    long number = fields.containsKey(name) ? Long.parseLong(fields.get(name)) : absent;
    if (number < 0 || number > most) {
      throw new IllegalArgumentException(name + " is not from 0 to " + most + ": " + number);
    }
    return number;
  }

  /** Whether the epoch is one: a token made of another might not rise. */
  static boolean isEpoch(Map<String, String> fields) {
    try {
      return number(fields, "epoch", 0, Token.MAX_EPOCH) >= 0;
    } catch (IllegalArgumentException notOurs) {
      return false;
    }
  }

  static Identity identity(Map<String, String> fields) {
    return new Identity(
        fields.getOrDefault("pod", ""),
        fields.getOrDefault("uid", ""),
        fields.getOrDefault("node", ""),
        fields.getOrDefault("revision", ""),
        (int) numberOrZero(fields, "sidecar"));
  }

  /** For keys that count whatever their value says. */
  static long numberOrZero(Map<String, String> fields, String name) {
    try {
      return Long.parseLong(fields.getOrDefault(name, "0"));
    } catch (NumberFormatException notOurs) {
      return 0;
    }
  }

  /** For leases and clusters, as {@link LockKeys#hex} writes them. */
  static long hexOrZero(Map<String, String> fields, String name) {
    try {
      return Long.parseUnsignedLong(fields.getOrDefault(name, "0"), 16);
    } catch (NumberFormatException notOurs) {
      return 0;
    }
  }

  /** A place in line. */
  public static String queue(Identity identity) {
    return who(new FlatJson(), identity).put("sidecar", identity.sidecar()).end();
  }

  /**
   * A grant.
   *
   * @param via {@link Holder#VIA_QUEUE} or {@link Holder#VIA_HANDOVER}
   */
  public static String holder(
      Identity identity, long lease, long epoch, long grantTimeMillis, String via) {
    return who(new FlatJson().put("lease", LockKeys.hex(lease)).put("epoch", epoch), identity)
        .put("grantTimeMillis", grantTimeMillis)
        .put("via", via)
        .end();
  }

  /** A grant's ledger where the grant's lease is not known. */
  public static String ledger(Identity identity, long epoch) {
    return ledger(identity, 0, epoch);
  }

  /** A grant's ledger. */
  public static String ledger(Identity identity, long lease, long epoch) {
    FlatJson json =
        new FlatJson().put("epoch", epoch).put("pod", identity.pod()).put("uid", identity.uid());
    return (lease == 0 ? json : json.put("lease", LockKeys.hex(lease))).end();
  }

  /** What the operator says of a lock. */
  public static String settings(Settings settings) {
    FlatJson json =
        new FlatJson()
            .put("slots", settings.slots())
            .put("delaySeconds", settings.delaySeconds())
            .put("prefer", settings.prefer())
            .put("newestRevision", settings.newestRevision())
            .put("suspend", settings.suspend())
            .put("epoch", settings.epoch())
            .put("clusterId", LockKeys.hex(settings.clusterId()));
    return (settings.claim().isEmpty() ? json : json.put("claim", settings.claim())).end();
  }

  /**
   * A hand-over asked for.
   *
   * @param to name of a pod, or {@link Request#ANY}
   */
  public static String request(String to, String id) {
    return new FlatJson().put("to", to).put("id", id).end();
  }

  private static FlatJson who(FlatJson json, Identity identity) {
    return json.put("pod", identity.pod())
        .put("uid", identity.uid())
        .put("node", identity.node())
        .put("revision", identity.revision());
  }
}
