package dev.lockclaim.sidecar.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.crds.Names;
import dev.lockclaim.sidecar.TestingTools;
import dev.lockclaim.sidecar.api.LockView;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SidecarMetricsTest {
  private static final LockView HELD =
      new LockView(
          LockView.State.ACTIVE,
          "payments/billing",
          OptionalInt.of(0),
          OptionalLong.of(48211),
          1_700_000_000_500L,
          9_000_000_000L,
          10_000_000_000L,
          List.of(),
          OptionalInt.empty(),
          0,
          Optional.empty(),
          false,
          "");

  private final SidecarMetrics metrics =
      new SidecarMetrics("payments", "bil\"ling", "0.1.0", () -> HELD, () -> 4_000_000_000L);

  @Test
  void writesWhatPrometheusReads() {
    metrics.transition(Transition.ACQUIRED);
    metrics.lost(LossReason.LEASE_ENDED);
    metrics.transition(Transition.ACQUIRED);
    metrics.lost(LossReason.DEADLINE);
    metrics.lost(LossReason.LEASE_ENDED);
    metrics.renewed(0.004);
    metrics.renewed(0.005);
    metrics.renewed(7);
    metrics.fenced(0.2, 0);
    assertThat(metrics.text())
        .contains("# TYPE lockclaim_lock_held gauge\n")
        .contains("lockclaim_lock_held{namespace=\"payments\",lockclaim=\"bil\\\"ling\"} 1\n")
        .contains(",state=\"active\"} 1\n")
        .contains(",state=\"connecting\"} 0\n")
        .contains(
            "lockclaim_lock_acquired_timestamp_seconds{namespace=\"payments\",lockclaim=\"bil\\\"ling\"} 1.7000000005E9\n")
        .contains(
            "lockclaim_fencing_token{namespace=\"payments\",lockclaim=\"bil\\\"ling\"} 48211\n")
        .contains(
            "lockclaim_lock_transitions_total{namespace=\"payments\",lockclaim=\"bil\\\"ling\",reason=\"acquired\"} 2\n")
        .contains(
            "lockclaim_lock_transitions_total{namespace=\"payments\",lockclaim=\"bil\\\"ling\",reason=\"released\"} 0\n")
        .contains(
            "lockclaim_lock_transitions_total{namespace=\"payments\",lockclaim=\"bil\\\"ling\",reason=\"lost\"} 2\n")
        .contains(
            "lockclaim_lock_lost_total{namespace=\"payments\",lockclaim=\"bil\\\"ling\",reason=\"deadline\"} 1\n")
        .contains(
            "lockclaim_lock_lost_total{namespace=\"payments\",lockclaim=\"bil\\\"ling\",reason=\"lease-ended\"} 1\n")
        .contains(
            "lockclaim_lock_lost_total{namespace=\"payments\",lockclaim=\"bil\\\"ling\",reason=\"etcd-restored\"} 0\n")
        .contains(
            "lockclaim_lease_keepalive_duration_seconds_bucket{namespace=\"payments\",lockclaim=\"bil\\\"ling\",le=\"0.005\"} 2\n")
        .contains(",le=\"5.0\"} 2\n")
        .contains(
            "lockclaim_lease_keepalive_duration_seconds_count{namespace=\"payments\",lockclaim=\"bil\\\"ling\"} 3\n")
        .contains(
            "lockclaim_fence_duration_seconds_sum{namespace=\"payments\",lockclaim=\"bil\\\"ling\",action=\"stop\"} 0.2\n")
        .contains("lockclaim_build_info{component=\"sidecar\",version=\"0.1.0\"} 1\n");
    assertThat(metrics.text().lines())
        .allMatch(line -> line.startsWith("# ") || line.matches("[a-z_]+\\{.*} \\S+"));
  }

  @Test
  void theReferenceNamesAllMetricsAndReasons() throws Exception {
    String reference = Files.readString(TestingTools.root().resolve("docs/reference/metrics.md"));
    for (Field field : Names.class.getFields()) {
      if (field.getName().startsWith("METRIC_")) {
        assertThat(reference).contains("`" + field.get(null) + "`");
      }
    }
    metrics
        .text()
        .lines()
        .filter(line -> line.startsWith("# TYPE "))
        .forEach(line -> assertThat(reference).contains("`" + line.split(" ")[2] + "`"));
    Pattern reason = Pattern.compile("reason=\"([^\"]+)\"");
    assertThat(reason.matcher(metrics.text()).results().map(match -> "`" + match.group(1) + "`"))
        .hasSize(7)
        .allMatch(reference::contains);
  }

  @Test
  void showsTheDeadlineOnTheWallClock() {
    String prefix =
        "lockclaim_lease_deadline_timestamp_seconds{namespace=\"payments\",lockclaim=\"bil\\\"ling\"} ";
    double before = System.currentTimeMillis() / 1000.0;
    String line =
        metrics.text().lines().filter(l -> l.startsWith(prefix)).findFirst().orElseThrow();
    double after = System.currentTimeMillis() / 1000.0;
    assertThat(Double.parseDouble(line.substring(prefix.length())))
        .isBetween(before + 5.999, after + 6.001);
  }
}
