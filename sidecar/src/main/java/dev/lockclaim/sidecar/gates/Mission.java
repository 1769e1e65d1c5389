package dev.lockclaim.sidecar.gates;

import dev.lockclaim.sidecar.gates.GateLine.Ended;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * One start of main: from RUN, or from the first sign of it, until every container is known not to
 * run it.
 *
 * @param slot of the grant; unknown (-1) when a former sidecar sent RUN
 * @param times last ones from the lock; empty when a former sidecar sent RUN and no renewal has
 *     come since
 * @param halt present from when main is to stop
 * @param parts by container, one for each gate
 * @param first the first container's end
 */
record Mission(
    long token,
    int slot,
    Optional<Times> times,
    Optional<Halt> halt,
    Map<String, Part> parts,
    Optional<Ended> first,
    boolean saidStarted) {

  static final int UNKNOWN_SLOT = -1;

  /**
   * Main is to stop in all containers.
   *
   * @param asked somebody wanted it (the lock, the kubelet, a deadline), rather than main having
   *     ended by itself
   */
  record Halt(long graceMillis, boolean asked) {}

  /** What one container does about this token. */
  sealed interface Part {
    /** Nothing is heard yet: it may run. */
    record Pending() implements Part {}

    /** It runs. */
    record Up() implements Part {}

    /** It is on its way out. */
    record GoingDown() implements Part {}

    /** It has not run, and will not. */
    record Refused(Refusal reason) implements Part {}

    /** It has ended. */
    record Down(Ended end) implements Part {}

    /** Whether the container is known not to run this token, now or later. */
    default boolean over() {
      return this instanceof Refused || this instanceof Down;
    }
  }

  static Mission begin(long token, int slot, Optional<Times> times, Iterable<String> containers) {
    Map<String, Part> parts = new LinkedHashMap<>();
    containers.forEach(container -> parts.put(container, new Part.Pending()));
    return new Mission(token, slot, times, Optional.empty(), parts, Optional.empty(), false);
  }

  boolean all(Predicate<Part> test) {
    return parts.values().stream().allMatch(test);
  }

  boolean any(Predicate<Part> test) {
    return parts.values().stream().anyMatch(test);
  }

  Mission with(String container, Part part) {
    Map<String, Part> changed = new LinkedHashMap<>(parts);
    changed.put(container, part);
    Optional<Ended> nowFirst =
        first.isPresent() || !(part instanceof Part.Down(Ended end)) ? first : Optional.of(end);
    return new Mission(token, slot, times, halt, changed, nowFirst, saidStarted);
  }

  Mission with(Times later) {
    return new Mission(token, slot, Optional.of(later), halt, parts, first, saidStarted);
  }

  Mission with(Halt newHalt) {
    return new Mission(token, slot, times, Optional.of(newHalt), parts, first, saidStarted);
  }

  Mission withStartedSaid() {
    return new Mission(token, slot, times, halt, parts, first, true);
  }
}
