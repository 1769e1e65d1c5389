package dev.lockclaim.sidecar.metrics;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/** One metric: its name, its help, and its time series. Safe for use by any thread. */
abstract sealed class Metric {
  private final String name;
  private final String help;

  Metric(String name, String help) {
    this.name = name;
    this.help = help;
  }

  abstract String type();

  abstract void writeSeries(StringBuilder out);

  final void write(StringBuilder out) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type()).append('\n');
    writeSeries(out);
  }

  final void line(StringBuilder out, String suffix, Labels labels, double value) {
    out.append(name).append(suffix).append(labels.text()).append(' ');
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      out.append((long) value); // Plainer than 1.0, and exact.
    } else {
      out.append(value);
    }
    out.append('\n');
  }

  /** Read when it is asked for. */
  static final class Gauge extends Metric {
    private final Map<Labels, DoubleSupplier> series;

    Gauge(String name, String help, Map<Labels, DoubleSupplier> series) {
      super(name, help);
      this.series = series;
    }

    @Override
    String type() {
      return "gauge";
    }

    @Override
    void writeSeries(StringBuilder out) {
      series.forEach((labels, value) -> line(out, "", labels, value.getAsDouble()));
    }
  }

  /** Counts, by the value of one label. All series are there from the start, so none is missed. */
  static final class Counter extends Metric {
    private final Labels common;
    private final String label;
    private final Map<String, LongAdder> counts = new LinkedHashMap<>();

    Counter(String name, String help, Labels common, String label, List<String> values) {
      super(name, help);
      this.common = common;
      this.label = label;
      values.forEach(value -> counts.put(value, new LongAdder()));
    }

    void add(String value) {
      counts.get(value).increment();
    }

    @Override
    String type() {
      return "counter";
    }

    @Override
    void writeSeries(StringBuilder out) {
      counts.forEach(
          (value, count) -> line(out, "", common.with(label, value), (double) count.sum()));
    }
  }

  /** Durations in seconds, in buckets. */
  static final class Histogram extends Metric {
    private final Labels labels;
    private final double[] bounds;
    private final long[] counts;
    private double sum;

    Histogram(String name, String help, Labels labels, double... bounds) {
      super(name, help);
      this.labels = labels;
      this.bounds = bounds;
      this.counts = new long[bounds.length + 1];
    }

    synchronized void observe(double seconds) {
      int at = Arrays.binarySearch(bounds, seconds);
      counts[at >= 0 ? at : -at - 1]++;
      sum += seconds;
    }

    @Override
    String type() {
      return "histogram";
    }

    @Override
    synchronized void writeSeries(StringBuilder out) {
      long below = 0;
      for (int i = 0; i < bounds.length; i++) {
        below += counts[i];
        line(out, "_bucket", labels.with("le", Double.toString(bounds[i])), (double) below);
      }
      below += counts[bounds.length];
      line(out, "_bucket", labels.with("le", "+Inf"), (double) below);
      line(out, "_sum", labels, sum);
      line(out, "_count", labels, (double) below);
    }
  }
}
