package dev.lockclaim.sidecar.gates;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What runs now, to be asked and awaited by any thread. Set by the gates' loop alone. */
final class ShownActivation {
  private final Object none = new Object();
  private volatile Activation activation = Activation.NONE;

  Activation now() {
    return activation;
  }

  /** Shows what the mission does; whoever awaits that nothing runs is told. */
  void set(Optional<Mission> mission, long nowNanos) {
    long token = mission.map(Mission::token).orElse(0L);
    if (token == 0) {
      activation = Activation.NONE;
      synchronized (none) {
        none.notifyAll();
      }
      return;
    }
    long since = token == activation.token() ? activation.sinceNanos() : nowNanos;
    activation = new Activation(token, since, up(mission.orElseThrow()));
  }

  private static Set<String> up(Mission mission) {
    return mission.parts().entrySet().stream()
        .filter(part -> part.getValue() instanceof Mission.Part.Up)
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Waits until nothing runs or may run; false when that has not come in time. */
  boolean awaitNone(long patienceNanos) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + patienceNanos;
    synchronized (none) {
      while (activation.token() != 0) {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(none, left);
      }
    }
    return true;
  }
}
