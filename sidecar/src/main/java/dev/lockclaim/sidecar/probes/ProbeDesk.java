package dev.lockclaim.sidecar.probes;

import dev.lockclaim.sidecar.gates.Activation;
import dev.lockclaim.sidecar.http.Exchange;
import dev.lockclaim.sidecar.http.Handler;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code /probe/<container>/<startup|liveness|readiness>}: 200 passes, 503 fails, with the
 * reason as text, which the kubelet shows in its event. Probes run on virtual threads, each of them
 * once at a time: who asks while it is under way is given its outcome, so that a crowd neither
 * floods main nor keeps the kubelet from its answer.
 */
public final class ProbeDesk implements Handler {
  private static final Logger log = LoggerFactory.getLogger(ProbeDesk.class);

  /** Where the desk is found; a path below names container and kind. */
  public static final String PATH = "/probe/";

  private final Map<String, Map<Probe.Kind, Probe>> probes;
  private final Supplier<Activation> activation;
  private final LongSupplier bootClock;
  private final Function<Probe, ProbeRunner.Outcome> runner;
  // By probe, who waits for the one that is under way.
  private final Map<String, List<Exchange>> askers = new HashMap<>();
  // By container, the token under which its startup probe has succeeded.
  private final Map<String, Long> started = new ConcurrentHashMap<>();

  ProbeDesk(
      Map<String, Map<Probe.Kind, Probe>> probes,
      Supplier<Activation> activation,
      LongSupplier bootClock,
      Function<Probe, ProbeRunner.Outcome> runner) {
    this.probes = probes;
    this.activation = activation;
    this.bootClock = bootClock;
    this.runner = runner;
  }

  /**
   * A desk for the probes in {@code json}.
   *
   * @param activation what runs now
   * @param bootClock CLOCK_BOOTTIME in nanoseconds
   * @throws IllegalArgumentException with a sentence that says what is wrong with {@code json}
   */
  public static ProbeDesk of(
      String json, Supplier<Activation> activation, LongSupplier bootClock, EventLoopGroup loops) {
    ProbeRunner runner = new ProbeRunner(new GrpcHealth(loops));
    return new ProbeDesk(ProbesJson.parse(json), activation, bootClock, runner::run);
  }

  @Override
  public void handle(Exchange exchange) {
    String[] parts = exchange.path().substring(PATH.length()).split("/", -1);
    Probe.Kind kind = parts.length == 2 ? Probe.Kind.of(parts[1]).orElse(null) : null;
    if (kind == null) {
      exchange.error(404, "a probe is at /probe/<container>/<startup|liveness|readiness>");
      return;
    }
    String probe = parts[0] + "/" + kind;
    if (join(probe, exchange)) {
      Thread.ofVirtual().name("probe").start(() -> carryOut(probe, parts[0], kind));
    }
  }

  /** Whether the probe is to be carried out: nobody has asked for it yet. */
  private boolean join(String probe, Exchange exchange) {
    synchronized (askers) {
      List<Exchange> others = askers.computeIfAbsent(probe, p -> new ArrayList<>());
      others.add(exchange);
      return others.size() == 1;
    }
  }

  private void carryOut(String probe, String container, Probe.Kind kind) {
    ProbeRunner.Outcome outcome;
    try {
      outcome = ask(container, kind);
    } catch (RuntimeException e) {
      log.error("probing {} failed", probe, e);
      outcome = new ProbeRunner.Outcome(false, "the sidecar failed to probe: " + e.getMessage());
    }
    List<Exchange> waiting;
    synchronized (askers) {
      waiting = askers.remove(probe);
    }
    for (Exchange exchange : waiting) {
      exchange.text(outcome.ok() ? 200 : 503, outcome.why() + "\n");
    }
  }

  ProbeRunner.Outcome ask(String container, Probe.Kind kind) {
    Activation now = activation.get();
    return settle(decide(container, kind, now), container, kind, now);
  }

  private ProbePolicy.Verdict decide(String container, Probe.Kind kind, Activation now) {
    return ProbePolicy.decide(
        probes.getOrDefault(container, Map.of()),
        kind,
        now.up().contains(container),
        Duration.ofNanos(bootClock.getAsLong() - now.sinceNanos()),
        started.getOrDefault(container, 0L) == now.token());
  }

  private ProbeRunner.Outcome settle(
      ProbePolicy.Verdict verdict, String container, Probe.Kind kind, Activation now) {
    return switch (verdict) {
      case ProbePolicy.Pass(String why) -> new ProbeRunner.Outcome(true, why);
      case ProbePolicy.Fail(String why) -> new ProbeRunner.Outcome(false, why);
      case ProbePolicy.Check(Probe probe) -> {
        ProbeRunner.Outcome outcome = runner.apply(probe);
        if (kind == Probe.Kind.STARTUP && outcome.ok()) {
          started.put(container, now.token());
        }
        yield outcome;
      }
      case ProbePolicy.CheckStartup(Probe startup, ProbePolicy.Verdict otherwise) -> {
        if (runner.apply(startup).ok()) {
          started.put(container, now.token());
          yield settle(decide(container, kind, now), container, kind, now);
        }
        yield settle(otherwise, container, kind, now);
      }
    };
  }
}
