package dev.lockclaim.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.webhook.SidecarTemplate;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the operator is told by its environment.
 *
 * @param etcdFolder with the files that say how to reach etcd
 * @param namespace that the operator runs in
 * @param release names the webhook configuration, the Secret release-webhook-tls, the Service
 *     release-webhook, the Lease release-operator
 * @param webhookHost what the API server calls the webhook
 * @param webhookPort 0 for any
 * @param httpPort 0 for any
 * @param replica name of this pod
 */
public record OperatorConfig(
    Path etcdFolder,
    String namespace,
    String release,
    SidecarTemplate sidecar,
    String webhookHost,
    int webhookPort,
    int httpPort,
    String replica) {

  /** The environment is not what it has to be; the message is one line for the user. */
  public static final class WrongEnvironment extends Exception {
    private static final long serialVersionUID = 1L;

    WrongEnvironment(String message) {
      super(message);
    }
  }

  /** Reads the environment. */
  public static OperatorConfig from(Map<String, String> environment) throws WrongEnvironment {
    String namespace = required(environment, "LOCKCLAIM_OPERATOR_NAMESPACE");
    String release = environment.getOrDefault("LOCKCLAIM_RELEASE", "lockclaim");
    return new OperatorConfig(
        Path.of(environment.getOrDefault(Names.ENV_ETCD_DIR, Names.ETCD_PATH)),
        namespace,
        release,
        new SidecarTemplate(
            required(environment, "LOCKCLAIM_SIDECAR_IMAGE"), resources(environment)),
        release + "-webhook." + namespace + ".svc",
        port(environment, "LOCKCLAIM_WEBHOOK_PORT", 9443),
        port(environment, Names.ENV_HTTP_PORT, 8080),
        required(environment, "POD_NAME"));
  }

  private static String required(Map<String, String> environment, String name)
      throws WrongEnvironment {
    String value = environment.getOrDefault(name, "").strip();
    if (value.isEmpty()) {
      throw new WrongEnvironment(
          "environment variable "
              + name
              + " is not set: install the operator by its chart, which sets it");
    }
    return value;
  }

  private static int port(Map<String, String> environment, String name, int ifAbsent)
      throws WrongEnvironment {
    String value = environment.getOrDefault(name, Integer.toString(ifAbsent)).strip();
    try {
      int port = Integer.parseInt(value);
      if (port >= 0 && port <= 65535) {
        return port;
      }
    } catch (NumberFormatException notANumber) {
      throw new WrongEnvironment(
          "environment variable " + name + " is " + value + ": set it to a port number");
    }
    throw new WrongEnvironment(
        "environment variable "
            + name
            + " is "
            + value
            + ": set it to a port number from 0 to 65535");
  }

  private static JsonNode resources(Map<String, String> environment) throws WrongEnvironment {
    String name = "LOCKCLAIM_SIDECAR_RESOURCES";
    String value =
        environment.getOrDefault(
            name,
            "{\"requests\":{\"cpu\":\"20m\",\"memory\":\"64Mi\"},\"limits\":{\"memory\":\"128Mi\"}}");
    try {
      JsonNode resources = new ObjectMapper().readTree(value);
      if (resources.isObject()) {
        return resources;
      }
    } catch (JsonProcessingException notJson) {
      throw new WrongEnvironment(
          "environment variable "
              + name
              + " is not JSON: set it to resources as in a container, got "
              + value);
    }
    throw new WrongEnvironment(
        "environment variable "
            + name
            + " is not a JSON object: set it to resources as in a container, got "
            + value);
  }
}
