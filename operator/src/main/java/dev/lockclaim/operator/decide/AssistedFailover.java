package dev.lockclaim.operator.decide;

import dev.lockclaim.operator.observe.Grant;
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
  public static List<Grant> decide(Observed seen) {
    return seen.lock().grants().values().stream()
        .filter(grant -> overSince(seen, grant).isBefore(seen.now().minus(OWN_CHANCE)))
        .toList();
  }

  /** Whether to look again soon: a pod has ended, and its sidecar still has its chance. */
  public static boolean pending(Observed seen) {
    return seen.lock().grants().values().stream()
        .anyMatch(grant -> !overSince(seen, grant).equals(Instant.MAX));
  }

  private static Instant overSince(Observed seen, Grant grant) {
    return seen.pod(grant.podUid()).flatMap(pod -> pod.over()).orElse(Instant.MAX);
  }
}
