package dev.lockclaim.sidecar;

import dev.lockclaim.crds.Names;
import dev.lockclaim.sidecar.gates.RestartPolicy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the webhook sets in the sidecar's environment.
 *
 * @param podRevision pod-template-hash or the like; may be empty
 * @param containers gated containers, at least one
 * @param etcdDir folder with endpoints, prefix and credentials
 * @param volume folder shared with the gates
 * @param httpPort for probes and metrics; 0 takes a free one
 * @param probes JSON of the original probes
 * @param gate the gate binary to put into the volume
 */
record SidecarSettings(
    String namespace,
    String name,
    String podName,
    String podUid,
    String nodeName,
    String podRevision,
    List<String> containers,
    int ttlSeconds,
    int stopGraceSeconds,
    RestartPolicy restartPolicy,
    Path etcdDir,
    Path volume,
    int httpPort,
    String probes,
    Path gate) {

  /** etcd's own least TTL with its default election timeout; claims ask for 5 and more. */
  private static final int LEAST_TTL = 2;

  /** A lease that outlives a crash by more than an hour is a mistake. */
  private static final int MOST_TTL = 3600;

  /** namespace/name. */
  String lock() {
    return namespace + "/" + name;
  }

  /**
   * Reads the environment.
   *
   * @throws WrongSettings naming the variable and what to set it to
   */
  static SidecarSettings of(Map<String, String> environment) throws WrongSettings {
    Reader reader = new Reader(environment);
    int ttl = reader.number(Names.ENV_TTL_SECONDS, 10, LEAST_TTL, MOST_TTL);
    return new SidecarSettings(
        reader.needed(Names.ENV_NAMESPACE, "the namespace of the LockClaim"),
        reader.needed(Names.ENV_NAME, "the name of the LockClaim"),
        reader.needed(Names.ENV_POD_NAME, "the pod's name (fieldRef metadata.name)"),
        reader.needed(Names.ENV_POD_UID, "the pod's UID (fieldRef metadata.uid)"),
        reader.text(Names.ENV_NODE_NAME, ""),
        reader.text(Names.ENV_POD_REVISION, ""),
        reader.list(Names.ENV_CONTAINERS, "the gated containers, separated by commas"),
        ttl,
        reader.number(Names.ENV_STOP_GRACE_SECONDS, Defaults.stopGraceSeconds(ttl), 0, ttl),
        reader.restartPolicy(),
        Path.of(reader.text(Names.ENV_ETCD_DIR, Names.ETCD_PATH)),
        Path.of(reader.text(Names.ENV_VOLUME, Names.VOLUME_PATH)),
        reader.number(Names.ENV_HTTP_PORT, Names.SIDECAR_PORT, 0, 65535),
        reader.text(Names.ENV_PROBES, "{}"),
        GateBinary.path(environment));
  }

  private record Reader(Map<String, String> environment) {

    String text(String name, String absent) {
      String value = environment.get(name);
      return value == null || value.isBlank() ? absent : value.strip();
    }

    String needed(String name, String meaning) throws WrongSettings {
      String value = text(name, "");
      if (value.isEmpty()) {
        throw new WrongSettings(name + " is not set: set it to " + meaning);
      }
      return value;
    }

    List<String> list(String name, String meaning) throws WrongSettings {
      List<String> values =
          Arrays.stream(needed(name, meaning).split(","))
              .map(String::strip)
              .filter(value -> !value.isEmpty())
              .distinct()
              .toList();
      if (values.isEmpty()) {
        throw new WrongSettings(name + " names nothing: set it to " + meaning);
      }
      return values;
    }

    int number(String name, int absent, int least, int most) throws WrongSettings {
      String value = text(name, Integer.toString(absent));
      try {
        int number = Integer.parseInt(value);
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Said below, like a number out of range.
      }
      throw new WrongSettings(
          "%s is \"%s\": set it to a whole number from %d to %d"
              .formatted(name, value, least, most));
    }

    RestartPolicy restartPolicy() throws WrongSettings {
      String value = text(Names.ENV_RESTART_POLICY, "Always");
      return switch (value) {
        case "Always" -> RestartPolicy.ALWAYS;
        case "OnFailure" -> RestartPolicy.ON_FAILURE;
        case "Never" -> RestartPolicy.NEVER;
        default ->
            throw new WrongSettings(
                "%s is \"%s\": set it to the pod's restartPolicy, one of Always, OnFailure, Never"
                    .formatted(Names.ENV_RESTART_POLICY, value));
      };
    }
  }
}
