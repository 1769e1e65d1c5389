package dev.lockclaim.operator.http;

import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.decide.Statuses;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.Observed;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.core.metrics.Info;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The operator's metrics. Those about claims are the leader's: it alone looks at them. Safe for use
 * by many threads.
 */
public final class OperatorMetrics {
  private record Counted(int candidates, int held, int uninjected) {}

  private record Known(Map<String, Counted> latest, List<Meter> meters) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<LockId, Known> claims = new ConcurrentHashMap<>();

  /** With the version of this build. */
  public OperatorMetrics(String version) {
    // Not by Micrometer, which takes the suffix off a gauge's name.
    Info.builder()
        .name(Names.METRIC_BUILD_INFO)
        .help("Version of this program.")
        .labelNames("version", "part")
        .register(registry.getPrometheusRegistry())
        .setLabelValues(version, "operator");
  }

  /** Where to count things. */
  public PrometheusMeterRegistry registry() {
    return registry;
  }

  /** A gauge that is asked when it is scraped. */
  public void gauge(String name, String help, Supplier<Number> value) {
    Gauge.builder(name, value).description(help).register(registry);
  }

  /** A gauge of 0 and 1. */
  public void flag(String name, String help, BooleanSupplier value) {
    gauge(name, help, () -> value.getAsBoolean() ? 1 : 0);
  }

  /** Takes what was observed of a claim. */
  public void observe(LockId lock, Observed seen) {
    Counted counted =
        new Counted(
            seen.lock().candidates(),
            seen.lock().holders().size(),
            Statuses.uninjected(seen.pods()).size());
    claims.computeIfAbsent(lock, this::register).latest().put("now", counted);
  }

  /** Forgets a claim that is no more. */
  public void forget(LockId lock) {
    Known known = claims.remove(lock);
    if (known != null) {
      known.meters().forEach(registry::remove);
    }
  }

  /** In the text format of Prometheus. */
  public String scrape() {
    return registry.scrape();
  }

  private Known register(LockId lock) {
    Map<String, Counted> latest = new ConcurrentHashMap<>(Map.of("now", new Counted(0, 0, 0)));
    Tags tags = Tags.of("namespace", lock.namespace(), "lockclaim", lock.name());
    List<Meter> meters = new ArrayList<>();
    meters.add(
        Gauge.builder(Names.METRIC_LOCKCLAIM_CANDIDATES, () -> latest.get("now").candidates())
            .description("Pods that hold the lock or stand in line.")
            .tags(tags)
            .register(registry));
    meters.add(
        Gauge.builder(Names.METRIC_LOCKCLAIM_HELD, () -> latest.get("now").held())
            .description("Slots that are held.")
            .tags(tags)
            .register(registry));
    meters.add(
        Gauge.builder(Names.METRIC_UNINJECTED_PODS, () -> latest.get("now").uninjected())
            .description("Pods with the label of the claim and without the sidecar.")
            .tags(tags)
            .register(registry));
    return new Known(latest, meters);
  }
}
