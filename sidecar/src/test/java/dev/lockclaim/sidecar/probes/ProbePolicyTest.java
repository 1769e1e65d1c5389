package dev.lockclaim.sidecar.probes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.sidecar.probes.ProbePolicy.Check;
import dev.lockclaim.sidecar.probes.ProbePolicy.CheckStartup;
import dev.lockclaim.sidecar.probes.ProbePolicy.Fail;
import dev.lockclaim.sidecar.probes.ProbePolicy.Pass;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProbePolicyTest {
  private static final Probe STARTUP = probe(2, 10, 3); // a budget of 32 s
  private static final Probe LIVENESS = probe(5, 10, 3);
  private static final Probe READINESS = probe(0, 10, 3);
  private static final Map<Probe.Kind, Probe> ALL =
      Map.of(
          Probe.Kind.STARTUP, STARTUP,
          Probe.Kind.LIVENESS, LIVENESS,
          Probe.Kind.READINESS, READINESS);
  private static final Map<Probe.Kind, Probe> NO_STARTUP =
      Map.of(Probe.Kind.LIVENESS, LIVENESS, Probe.Kind.READINESS, READINESS);

  @ParameterizedTest
  @EnumSource
  void aStandbyPasses(Probe.Kind kind) {
    assertThat(ProbePolicy.decide(ALL, kind, false, Duration.ofDays(1), false))
        .isInstanceOf(Pass.class);
  }

  @Test
  void untilMainHasStartedUpLivenessPassesAndReadinessFails() {
    assertThat(active(ALL, Probe.Kind.LIVENESS, 1, false)).isInstanceOf(Pass.class);
    assertThat(active(ALL, Probe.Kind.READINESS, 1, false)).isInstanceOf(Fail.class);
    assertThat(active(ALL, Probe.Kind.LIVENESS, 31, false))
        .isInstanceOfSatisfying(
            CheckStartup.class,
            check -> {
              assertThat(check.probe()).isEqualTo(STARTUP);
              assertThat(check.otherwise()).isInstanceOf(Pass.class);
            });
    assertThat(active(ALL, Probe.Kind.READINESS, 31, false))
        .isInstanceOfSatisfying(
            CheckStartup.class, check -> assertThat(check.otherwise()).isInstanceOf(Fail.class));
  }

  @Test
  void afterItsBudgetAMainThatHasNotStartedUpIsNotAlive() {
    assertThat(active(ALL, Probe.Kind.LIVENESS, 32, false))
        .isInstanceOfSatisfying(
            CheckStartup.class,
            check ->
                assertThat(check.otherwise())
                    .isInstanceOfSatisfying(
                        Fail.class, fail -> assertThat(fail.why()).contains("32 s")));
  }

  @Test
  void onceStartedEachProbeIsItsOwn() {
    assertThat(active(ALL, Probe.Kind.LIVENESS, 60, true)).isEqualTo(new Check(LIVENESS));
    assertThat(active(ALL, Probe.Kind.READINESS, 1, true)).isEqualTo(new Check(READINESS));
    assertThat(active(ALL, Probe.Kind.STARTUP, 1, true)).isInstanceOf(Pass.class);
    assertThat(active(ALL, Probe.Kind.STARTUP, 1, false)).isEqualTo(new Check(STARTUP));
  }

  @Test
  void theInitialDelayCountsFromTheActivation() {
    assertThat(active(NO_STARTUP, Probe.Kind.LIVENESS, 4, false)).isInstanceOf(Pass.class);
    assertThat(active(NO_STARTUP, Probe.Kind.LIVENESS, 5, false)).isEqualTo(new Check(LIVENESS));
    assertThat(active(NO_STARTUP, Probe.Kind.READINESS, 0, false)).isEqualTo(new Check(READINESS));
    assertThat(active(Map.of(), Probe.Kind.READINESS, 0, false)).isInstanceOf(Pass.class);
  }

  private static ProbePolicy.Verdict active(
      Map<Probe.Kind, Probe> probes, Probe.Kind kind, int seconds, boolean hasStarted) {
    return ProbePolicy.decide(probes, kind, true, Duration.ofSeconds(seconds), hasStarted);
  }

  private static Probe probe(int delay, int period, int failures) {
    return new Probe(
        new Probe.TcpSocket(Optional.empty(), 80 + delay),
        Duration.ofSeconds(delay),
        Duration.ofSeconds(1),
        Duration.ofSeconds(period),
        failures);
  }
}
