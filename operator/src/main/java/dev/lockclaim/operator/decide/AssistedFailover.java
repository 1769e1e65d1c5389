package dev.lockclaim.operator.decide;

import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.operator.observe.Observed;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Which holders may be freed before their lease runs out: those whose own kubelet has reported that
 * main cannot run any more. Never because a pod object is gone or a node is silent: main may be
 * running there.
 */
public final class AssistedFailover {
  // A sidecar that is alive gives the lock away itself, to whom it wants; leave it the time.
  static final Duration OWN_CHANCE = Duration.ofSeconds(2);

  private AssistedFailover() {}

  /** The grants to free now. */
  public static List<Holder> decide(Observed seen) {
    return seen.lock().holders().stream()
        .filter(holder -> overSince(seen, holder).isBefore(seen.now().minus(OWN_CHANCE)))
        .toList();
  }

  /** Whether to look again soon: a pod has ended, and its sidecar still has its chance. */
  public static boolean pending(Observed seen) {
    return seen.lock().holders().stream()
        .anyMatch(holder -> !overSince(seen, holder).equals(Instant.MAX));
  }

  /**
   * An end before the grant is that of an earlier main: the kubelet may have started the container
   * again since, and not have got that reported.
   */
  private static Instant overSince(Observed seen, Holder holder) {
    Instant granted = Instant.ofEpochMilli(holder.grantTimeMillis());
    return seen.pod(holder.identity().uid())
        .flatMap(pod -> pod.over())
        .filter(end -> !end.isBefore(granted))
        .orElse(Instant.MAX);
  }
}
