package dev.lockclaim.sidecar.gates;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The gates of a pod, seen as one main: it starts when all are ready, the first that ends stops the
 * others, and it has ended when it has ended everywhere. Immutable; {@link #on} is the whole
 * decision and does nothing itself.
 *
 * <p>A main is held to run from the moment RUN may have been sent until its gate says ENDED or
 * REFUSED. A broken connection says nothing about it. A new gate process in a container says that
 * the old one's processes are gone, but is asked with STOP all the same, so that there is one kind
 * of proof.
 *
 * @param known times of the last renewal, for a main whose gate has not said hello to this sidecar
 *     yet
 * @param over highest token that was seen to end
 * @param saidReady what the lock was last told
 */
record GateSet(
    Config config,
    Map<String, Gate> gates,
    Optional<Mission> mission,
    Optional<Event.TimesAsked> known,
    long over,
    boolean saidReady) {

  /**
   * What does not change.
   *
   * @param graceMillis between SIGTERM and SIGKILL for the other containers when one has ended
   */
  record Config(List<String> containers, long graceMillis, RestartPolicy restartPolicy) {}

  /** The outcome of an event: the gates as they are now, and what to do, in order. */
  record Step(GateSet gates, List<Command> commands) {}

  static GateSet of(Config config) {
    Map<String, Gate> gates = new LinkedHashMap<>();
    config.containers().forEach(container -> gates.put(container, Gate.unseen(container)));
    return new GateSet(config, gates, Optional.empty(), Optional.empty(), 0, false);
  }

  /** What an event leads to. */
  Step on(Event event) {
    return new GateTurn(this).take(event);
  }

  /** Whether every gate could start main now. */
  boolean ready() {
    return mission.isEmpty() && gates.values().stream().allMatch(Gate::ready);
  }

  /** The gate that speaks on a connection. */
  Optional<Gate> at(long link) {
    return gates.values().stream().filter(gate -> gate.link() == link).findFirst();
  }
}
