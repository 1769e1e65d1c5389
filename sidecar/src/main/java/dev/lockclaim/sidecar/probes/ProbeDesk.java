package dev.lockclaim.sidecar.probes;

import dev.lockclaim.sidecar.gates.Activation;
import dev.lockclaim.sidecar.http.Exchange;
import dev.lockclaim.sidecar.http.Handler;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code /probe/<container>/<startup|liveness|readiness>}: 200 passes, 503 fails, with the
 * reason as text, which the kubelet shows in its event. Probes run on virtual threads.
 */
public final class ProbeDesk implements Handler {
  private static final Logger log = LoggerFactory.getLogger(ProbeDesk.class);

  /** Where the desk is found; a path below names container and kind. */
  public static final String PATH = "/probe/";

  /** The kubelet asks one at a time per probe; whoever else asks must not make a flood of it. */
  private static final int MAX_RUNNING = 16;

  private final Map<String, Map<Probe.Kind, Probe>> probes;
  private final Supplier<Activation> activation;
  private final LongSupplier bootClock;
  private final Function<Probe, ProbeRunner.Outcome> runner;
  private final Semaphore running = new Semaphore(MAX_RUNNING);
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
    if (!running.tryAcquire()) {
      exchange.text(503, "too many probes are under way");
      return;
    }
    Thread.ofVirtual()
        .name("probe")
        .start(
            () -> {
              try {
                ProbeRunner.Outcome outcome = ask(parts[0], kind);
                exchange.text(outcome.ok() ? 200 : 503, outcome.why() + "\n");
              } catch (RuntimeException e) {
                log.error("probing {} failed", exchange.path(), e);
                exchange.text(503, "the sidecar failed to probe: " + e.getMessage() + "\n");
              } finally {
                running.release();
              }
            });
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
