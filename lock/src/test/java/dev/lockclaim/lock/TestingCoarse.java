package dev.lockclaim.lock;

import dev.lockclaim.lock.TestingScale.Trait;

/**
 * What follows by itself where all is coarse: a search that took every such step for itself would
 * not end. Each of the traits makes one kind of them slow.
 */
final class TestingCoarse {
  /** More than any exchange needs. */
  private static final int ROUNDS = 1_000;

  private TestingCoarse() {}

  /** One after the other, until nothing does. */
  static void goOn(TestingWorld world, TestingPod pod) {
    boolean more = true;
    for (int round = 0; more; round++) {
      if (round == ROUNDS) {
        throw new TestingWorld.Broken("pod-" + pod.index + " never comes to rest");
      }
      pod.decide();
      more = answers(world, pod) || (!world.scale.has(Trait.SLOW_GATES) && talks(world, pod));
    }
    pod.skipHeard();
    if (pod.gate.maySeeDelivered()) {
      pod.gate.seeDelivered(pod.clock());
    }
  }

  /** Requests that write nothing are answered at once. */
  private static boolean answers(TestingWorld world, TestingPod pod) {
    for (TestingRequest request : pod.requests) {
      boolean atOnce =
          request.isRenewal() ? !world.scale.has(Trait.SLOW_RENEWALS) : !request.writes();
      if (atOnce && pod.awaits(request) && TestingChoices.withinBounds(world, request)) {
        if (request.handled) {
          pod.answer(request);
        } else {
          pod.handle(request, world.store);
        }
        return true;
      }
    }
    return false;
  }

  /** A line is read, or a gate connects. */
  private static boolean talks(TestingWorld world, TestingPod pod) {
    for (int c = 0; c < pod.gate.connections.size(); c++) {
      if (!pod.gate.connections.get(c).toGate.isEmpty()) {
        world.gateReads(pod, c);
        return true;
      }
    }
    if (pod.core == null) {
      return false;
    }
    if (pod.connection == null && pod.gate.state != TestingGate.State.GONE) {
      pod.connectGate();
      return true;
    }
    if (pod.connection != null && !pod.connection.toSidecar.isEmpty()) {
      pod.sidecarReads();
      return true;
    }
    return false;
  }
}
