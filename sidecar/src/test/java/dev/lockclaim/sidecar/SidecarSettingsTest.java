package dev.lockclaim.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockclaim.sidecar.gates.RestartPolicy;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidecarSettingsTest {
  private final Map<String, String> environment =
      new HashMap<>(
          Map.of(
              "LOCKCLAIM_NAMESPACE", "payments",
              "LOCKCLAIM_NAME", "billing",
              "LOCKCLAIM_POD_NAME", "billing-0",
              "LOCKCLAIM_POD_UID", "1-2-3",
              "LOCKCLAIM_CONTAINERS", "worker, helper"));

  @Test
  void fillsInWhatMayBeLeftOut() throws Exception {
    SidecarSettings settings = SidecarSettings.of(environment);
    assertThat(settings.lock()).isEqualTo("payments/billing");
    assertThat(settings.containers()).containsExactly("worker", "helper");
    assertThat(settings.ttlSeconds()).isEqualTo(10);
    assertThat(settings.stopGraceSeconds()).isEqualTo(3);
    assertThat(settings.restartPolicy()).isEqualTo(RestartPolicy.ALWAYS);
    assertThat(settings.volume()).isEqualTo(Path.of("/lockclaim"));
    assertThat(settings.etcdDir()).isEqualTo(Path.of("/lockclaim-etcd"));
    assertThat(settings.httpPort()).isEqualTo(9808);
  }

  @ParameterizedTest
  @CsvSource({
    "LOCKCLAIM_NAMESPACE,''",
    "LOCKCLAIM_NAME,' '",
    "LOCKCLAIM_POD_NAME,''",
    "LOCKCLAIM_POD_UID,''",
    "LOCKCLAIM_CONTAINERS,' , '",
    "LOCKCLAIM_TTL_SECONDS,ten",
    "LOCKCLAIM_TTL_SECONDS,1",
    "LOCKCLAIM_STOP_GRACE_SECONDS,11",
    "LOCKCLAIM_HTTP_PORT,70000",
    "LOCKCLAIM_RESTART_POLICY,Sometimes",
  })
  void namesTheVariableThatIsWrong(String name, String value) {
    environment.put(name, value);
    assertThatThrownBy(() -> SidecarSettings.of(environment))
        .isInstanceOf(WrongSettings.class)
        .hasMessageStartingWith(name)
        .hasMessageContaining("set it to");
  }
}
