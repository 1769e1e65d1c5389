package dev.lockclaim.operator.etcd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockclaim.operator.observe.Candidate;
import dev.lockclaim.operator.observe.Grant;
import dev.lockclaim.operator.observe.Ledger;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.LockKey;
import dev.lockclaim.operator.observe.Request;
import dev.lockclaim.operator.observe.Settings;
import java.util.Optional;

/**
 * Keys and values of locks in etcd: {@code <prefix>/<namespace>/<name>/<rest>}, JSON with a
 * version.
 */
final class LockCodec {
  private static final ObjectMapper JSON = new ObjectMapper();

  private LockCodec() {}

  static String path(LockId lock) {
    return lock.namespace() + "/" + lock.name() + "/";
  }

  /** The lock that a key below the prefix belongs to, if it is one of a lock. */
  static Optional<LockId> lock(String keyBelowPrefix) {
    String[] parts = keyBelowPrefix.split("/", 3);
    return parts.length == 3 ? Optional.of(new LockId(parts[0], parts[1])) : Optional.empty();
  }

  /**
   * Decodes a key; empty for one of a later version or of somebody else.
   *
   * @param rest what follows the lock's name
   */
  static Optional<LockKey> decode(
      String rest, String value, long createRevision, long modRevision) {
    try {
      JsonNode json = JSON.readTree(value);
      if (json == null || json.path("v").asInt() != 1) {
        return Optional.empty();
      }
      String[] parts = rest.split("/");
      return switch (parts[0]) {
        case "settings" -> Optional.of(new LockKey.SettingsKey(settings(json), modRevision));
        case "request" ->
            Optional.of(new LockKey.RequestKey(new Request(text(json, "to"), text(json, "id"))));
        case "holder" ->
            Optional.of(
                new LockKey.HolderKey(grant(Integer.parseInt(parts[1]), json, modRevision)));
        case "ledger" ->
            Optional.of(
                new LockKey.LedgerKey(
                    new Ledger(
                        Integer.parseInt(parts[1]), json.path("epoch").asLong(), modRevision)));
        case "queue" ->
            Optional.of(
                new LockKey.QueueKey(
                    new Candidate(
                        text(json, "pod"),
                        text(json, "uid"),
                        text(json, "revision"),
                        createRevision)));
        default -> Optional.empty();
      };
    } catch (JsonProcessingException
        | NumberFormatException
        | ArrayIndexOutOfBoundsException notOurs) {
      return Optional.empty();
    }
  }

  static String encode(Settings settings) {
    ObjectNode json = JSON.createObjectNode().put("v", 1);
    json.put("slots", settings.slots()).put("delaySeconds", settings.delaySeconds());
    json.put("prefer", settings.prefer()).put("newestRevision", settings.newestRevision());
    json.put("suspend", settings.suspend())
        .put("epoch", settings.epoch())
        .put("clusterId", settings.clusterId());
    return json.toString();
  }

  static String encode(Request request) {
    return JSON.createObjectNode()
        .put("v", 1)
        .put("to", request.to())
        .put("id", request.id())
        .toString();
  }

  /**
   * The ledger that tells the next holder to wait the delay, since nobody knows how the last one
   * ended.
   */
  static String lostLedger(long epoch) {
    return JSON.createObjectNode()
        .put("v", 1)
        .put("epoch", epoch)
        .put("pod", "")
        .put("uid", "")
        .toString();
  }

  private static Settings settings(JsonNode json) {
    return new Settings(
        json.path("slots").asInt(1),
        json.path("delaySeconds").asInt(),
        text(json, "prefer"),
        text(json, "newestRevision"),
        json.path("suspend").asBoolean(),
        json.path("epoch").asLong(),
        text(json, "clusterId"));
  }

  private static Grant grant(int slot, JsonNode json, long modRevision) {
    return new Grant(
        slot,
        json.path("epoch").asLong(),
        text(json, "pod"),
        text(json, "uid"),
        text(json, "node"),
        text(json, "revision"),
        json.path("grantTimeMillis").asLong(),
        text(json, "via"),
        modRevision);
  }

  private static String text(JsonNode json, String field) {
    return json.path(field).asText("");
  }
}
