package dev.lockclaim.sidecar.metrics;

import dev.lockclaim.crds.Names;
import dev.lockclaim.sidecar.api.LockView;
import dev.lockclaim.sidecar.http.Exchange;
import dev.lockclaim.sidecar.http.Handler;
import dev.lockclaim.sidecar.metrics.Metric.Counter;
import dev.lockclaim.sidecar.metrics.Metric.Gauge;
import dev.lockclaim.sidecar.metrics.Metric.Histogram;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The sidecar's metrics; names are in {@link Names} and are an interface. Answers {@code /metrics}.
 * All methods may be called from any thread.
 */
public final class SidecarMetrics implements Handler {
  private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** Around the two usual ways: an expired lease (TTL) and a hand-over (well under a second). */
  private static final double[] ACQUIRE = {0.1, 0.5, 1, 5, 10, 15, 30, 60, 300, 3600};

  /** A renewal takes a few milliseconds; from the renewal interval on it is as good as lost. */
  private static final double[] RENEWAL = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5};

  /** Up to the longest grace that anybody gives. */
  private static final double[] FENCE = {0.01, 0.05, 0.1, 0.5, 1, 2, 3, 5, 10, 30};

  /** In time, within a scheduling period, within the time left for it, beyond. */
  private static final double[] LATE = {0, 0.01, 0.05, 0.1, 0.5, 1, 5};

  private final List<Metric> all;
  private final Counter transitions;
  private final Counter lost;
  private final Histogram acquire;
  private final Histogram renewal;
  private final Histogram fence;
  private final Histogram late;
  private boolean lossCounted;

  /**
   * Metrics of one lock.
   *
   * @param view what is known of the lock now
   * @param bootClock CLOCK_BOOTTIME in nanoseconds
   */
  public SidecarMetrics(
      String namespace,
      String name,
      String version,
      Supplier<LockView> view,
      LongSupplier bootClock) {
    Labels lock = Labels.of("namespace", namespace, "lockclaim", name);
    transitions =
        new Counter(
            Names.METRIC_LOCK_TRANSITIONS_TOTAL,
            "Grants, releases and losses of this pod.",
            lock,
            "reason",
            labels(Transition.values(), Transition::label));
    lost =
        new Counter(
            Names.METRIC_LOCK_LOST_TOTAL,
            "Losses of this pod.",
            lock,
            "reason",
            labels(LossReason.values(), LossReason::label));
    acquire =
        new Histogram(
            Names.METRIC_LOCK_ACQUIRE_DURATION_SECONDS,
            "From joining the queue to the grant.",
            lock,
            ACQUIRE);
    renewal =
        new Histogram(
            Names.METRIC_LEASE_KEEPALIVE_DURATION_SECONDS,
            "Round trip of a renewal.",
            lock,
            RENEWAL);
    fence =
        new Histogram(
            Names.METRIC_FENCE_DURATION_SECONDS,
            "From the first wish or sign that main ends to its last process gone.",
            lock.with("action", "stop"),
            FENCE);
    late =
        new Histogram(
            Names.METRIC_GATE_KILL_LATE_SECONDS,
            "How late a gate sent SIGKILL after its time.",
            lock,
            LATE);
    all =
        List.of(
            gauge(
                Names.METRIC_LOCK_HELD,
                "1 while this pod holds the lock.",
                lock,
                () -> view.get().holds() ? 1 : 0),
            states(lock, view),
            gauge(
                Names.METRIC_LOCK_ACQUIRED_TIMESTAMP_SECONDS,
                "When the lock was granted, 0 when it is not held.",
                lock,
                () -> view.get().grantTimeMillis() / 1000.0),
            gauge(
                Names.METRIC_LEASE_DEADLINE_TIMESTAMP_SECONDS,
                "When the last process of main is gone unless the lease is renewed, 0 when the lock is not held.",
                lock,
                () -> deadlineSeconds(view.get(), bootClock)),
            gauge(
                Names.METRIC_FENCING_TOKEN,
                "The fencing token of this pod, 0 when the lock is not held.",
                lock,
                () -> view.get().token().orElse(0)),
            gauge(
                Names.METRIC_BUILD_INFO,
                "Always 1.",
                Labels.of("component", "sidecar", "version", version),
                () -> 1),
            transitions,
            lost,
            acquire,
            renewal,
            fence,
            late);
  }

  /** Counts a grant or a release. */
  public synchronized void transition(Transition transition) {
    transitions.add(transition.label());
    lossCounted &= transition != Transition.ACQUIRED;
  }

  /** Counts a loss; the first reason of one loss counts, since others follow from it. */
  public synchronized void lost(LossReason reason) {
    if (!lossCounted) {
      lossCounted = true;
      lost.add(reason.label());
      transitions.add(Transition.LOST.label());
    }
  }

  /** Notes how long the pod stood in line. */
  public void acquired(double seconds) {
    acquire.observe(seconds);
  }

  /** Notes the round trip of a renewal. */
  public void renewed(double seconds) {
    renewal.observe(seconds);
  }

  /** Notes how long main took to end, and how late its SIGKILL was. */
  public void fenced(double seconds, double lateSeconds) {
    fence.observe(seconds);
    late.observe(lateSeconds);
  }

  @Override
  public void handle(Exchange exchange) {
    exchange.answer(200, CONTENT_TYPE, text().getBytes(StandardCharsets.UTF_8));
  }

  String text() {
    StringBuilder out = new StringBuilder(4096);
    all.forEach(metric -> metric.write(out));
    return out.toString();
  }

  /** The deadline stands on CLOCK_BOOTTIME; people and alerts read the wall clock. */
  private static double deadlineSeconds(LockView view, LongSupplier bootClock) {
    if (!view.holds() || view.goneNanos() == 0) {
      return 0;
    }
    long leftMillis = (view.goneNanos() - bootClock.getAsLong()) / 1_000_000;
    return (System.currentTimeMillis() + leftMillis) / 1000.0;
  }

  private static Metric gauge(String name, String help, Labels labels, DoubleSupplier value) {
    return new Gauge(name, help, Map.of(labels, value));
  }

  private static <T> List<String> labels(T[] values, Function<T, String> label) {
    return Arrays.stream(values).map(label).toList();
  }

  private static Metric states(Labels lock, Supplier<LockView> view) {
    Map<Labels, DoubleSupplier> series = new LinkedHashMap<>();
    for (LockView.State state : LockView.State.values()) {
      series.put(lock.with("state", state.word()), () -> view.get().state() == state ? 1 : 0);
    }
    return new Gauge(
        Names.METRIC_SIDECAR_STATE,
        "1 for the state that the sidecar is in, 0 for others.",
        series);
  }
}
