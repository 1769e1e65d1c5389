package dev.lockclaim.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The operator's process, told what it cannot do: one line on standard error, and 2. */
class OperatorMainTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "LOCKCLAIM_OPERATOR_NAMESPACE", "lockclaim-system",
          "LOCKCLAIM_SIDECAR_IMAGE", "sidecar:1",
          "POD_NAME", "operator-0");

  private record Ended(int status, String out, String err) {}

  @ParameterizedTest
  @CsvSource({"--verbose", "-h", "start"})
  void anyArgumentIsOneTooMany(String argument) throws IOException, InterruptedException {
    Ended ended = run(ENVIRONMENT, argument);
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .contains("unknown argument " + argument, "configured by its environment");
    assertThat(ended.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POD_NAME | '' | POD_NAME is not set: install the operator by its chart",
        "LOCKCLAIM_OPERATOR_NAMESPACE | '' | LOCKCLAIM_OPERATOR_NAMESPACE is not set",
        "LOCKCLAIM_SIDECAR_IMAGE | ' ' | LOCKCLAIM_SIDECAR_IMAGE is not set",
        "LOCKCLAIM_WEBHOOK_PORT | https | LOCKCLAIM_WEBHOOK_PORT is https: set it to a port number",
        "LOCKCLAIM_HTTP_PORT | 65536 | set it to a port number from 0 to 65535",
        "LOCKCLAIM_SIDECAR_RESOURCES | '{' | LOCKCLAIM_SIDECAR_RESOURCES is not JSON",
        "LOCKCLAIM_SIDECAR_RESOURCES | '[]' | LOCKCLAIM_SIDECAR_RESOURCES is not a JSON object",
      })
  void anEnvironmentThatCannotBeIsSaidSo(String name, String value, String message)
      throws IOException, InterruptedException {
    Map<String, String> environment = new TreeMap<>(ENVIRONMENT);
    environment.put(name, value);
    Ended ended = run(environment);
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err().lines()).singleElement().asString().contains(message);
  }

  @Test
  void aPortThatIsTakenEndsIt() throws IOException, InterruptedException {
    try (ServerSocket taken = new ServerSocket(0)) {
      Map<String, String> environment = new TreeMap<>(ENVIRONMENT);
      environment.put("LOCKCLAIM_WEBHOOK_PORT", Integer.toString(taken.getLocalPort()));
      environment.put("KUBERNETES_MASTER", "https://127.0.0.1:1");
      Ended ended = run(environment);
      assertThat(ended.status()).isEqualTo(1);
      assertThat(ended.out())
          .contains("ERROR OperatorMain - Operator cannot go on: port " + taken.getLocalPort());
      assertThat(ended.err()).isEmpty(); // one log, on standard output
    }
  }

  private static Ended run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(OperatorMain.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("LOCKCLAIM_"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return new Ended(
          process.exitValue(),
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8),
          new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    } finally {
      process.destroyForcibly();
    }
  }
}
