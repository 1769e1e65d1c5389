package dev.lockclaim.sidecar.probes;

import java.time.Duration;
import java.util.Map;

/**
 * What the kubelet would do about a container that has just started, applied to a main that has
 * just been activated: the kubelet itself counted the startup probe long ago, on the standby.
 */
final class ProbePolicy {
  private ProbePolicy() {}

  /** What to answer, or what to carry out before answering. */
  sealed interface Verdict {}

  /** Answer that all is well. */
  record Pass(String why) implements Verdict {}

  /** Answer that it is not. */
  record Fail(String why) implements Verdict {}

  /** Carry this out, and answer as it goes. */
  record Check(Probe probe) implements Verdict {}

  /**
   * Carry out the startup probe: when it succeeds, main has started and the question is to be asked
   * again; else answer {@code otherwise}.
   */
  record CheckStartup(Probe probe, Verdict otherwise) implements Verdict {}

  /**
   * Decides.
   *
   * @param active the container's main runs
   * @param sinceActivation since when
   * @param hasStarted its startup probe has succeeded since then
   */
  static Verdict decide(
      Map<Probe.Kind, Probe> probes,
      Probe.Kind kind,
      boolean active,
      Duration sinceActivation,
      boolean hasStarted) {
    if (!active) {
      return new Pass("standby");
    }
    Probe startup = probes.get(Probe.Kind.STARTUP);
    if (kind == Probe.Kind.STARTUP) {
      return startup == null || hasStarted ? new Pass("started") : new Check(startup);
    }
    if (startup != null && !hasStarted) {
      return startingUp(startup, kind, sinceActivation);
    }
    Probe own = probes.get(kind);
    if (own == null) {
      return new Pass("no such probe");
    }
    if (sinceActivation.compareTo(own.initialDelay()) < 0) {
      return kind == Probe.Kind.LIVENESS
          ? new Pass("initialDelaySeconds since the activation are not over")
          : new Fail("initialDelaySeconds since the activation are not over");
    }
    return new Check(own);
  }

  private static Verdict startingUp(Probe startup, Probe.Kind kind, Duration sinceActivation) {
    Verdict otherwise;
    if (kind == Probe.Kind.READINESS) {
      otherwise = new Fail("main has not started up since it was activated");
    } else if (sinceActivation.compareTo(startup.budget()) < 0) {
      otherwise = new Pass("main is starting up");
    } else {
      otherwise =
          new Fail(
              "main has not started up in the %d s that its startup probe allows"
                  .formatted(startup.budget().toSeconds()));
    }
    return sinceActivation.compareTo(startup.initialDelay()) < 0
        ? otherwise
        : new CheckStartup(startup, otherwise);
  }
}
