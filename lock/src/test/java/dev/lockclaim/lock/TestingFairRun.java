package dev.lockclaim.lock;

import dev.lockclaim.lock.TestingWorld.Broken;
import dev.lockclaim.lock.TestingWorld.Choice;
import dev.lockclaim.lock.view.Ledger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A good scheduler: from some state on nothing goes wrong any more, everything that was sent
 * arrives and everybody acts. Then each slot is taken in bounded time, and where main was seen to
 * end nobody waits the claim's delay.
 */
final class TestingFairRun {
  private static final long STEP_NANOS = 250_000_000L;

  /** A candidate back from a failure has cleared up by then: retries, and a session begun anew. */
  private static final long CLEARED_NANOS = 3_000_000_000L;

  private static final int ROUNDS = 50;

  private final TestingWorld world;
  private final long fromNanos;
  private final Set<Long> vouched = new HashSet<>();

  private TestingFairRun(TestingWorld world) {
    this.world = world;
    fromNanos = world.now;
  }

  /**
   * Runs a world on until all slots are active.
   *
   * @return virtual nanoseconds, -1 when the bound is passed
   */
  static long settle(TestingWorld world, long boundNanos) {
    return new TestingFairRun(world).run(boundNanos);
  }

  private long run(long boundNanos) {
    world.faultsLeft = 0;
    world.unbounded = true;
    world.operator.suspend(false, world);
    world.watcher = this;
    vouch();
    while (world.now - fromNanos <= boundNanos) {
      quiesce();
      if (allActive()) {
        return world.now - fromNanos;
      }
      apply("time passes", STEP_NANOS);
      for (long lease : world.store.expired()) {
        apply("lease expires", lease);
      }
      if (world.operator.mayBeginEpoch(world)) {
        apply("operator begins an epoch", 0);
        world.operator.suspend(false, world);
      }
    }
    return -1;
  }

  /** Tokens whose main a sidecar that is there has seen to end. */
  private void vouch() {
    Map<Long, Long> released = new HashMap<>();
    for (TestingPod pod : world.pods) {
      if (pod.core != null
          && pod.mission() == 0
          && !world.spent.contains(TestingScale.Fault.RESTORE)) {
        released.put(pod.marks.marks().released(), pod.marks.marks().clusterId());
      }
    }
    for (Ledger ledger : world.judge.view().ledgers().values()) {
      Long cluster = released.get(ledger.token());
      if (cluster != null && cluster == world.store.clusterId()) {
        vouched.add(ledger.token());
      }
    }
  }

  void tookAfterDelay(long token, TestingWorld where) {
    if (vouched.contains(token) && where.now - fromNanos > CLEARED_NANOS) {
      throw new Broken("the claim's delay was waited for token " + token + ", which ended cleanly");
    }
  }

  private boolean allActive() {
    long running =
        world.pods.stream().filter(pod -> pod.gate.state == TestingGate.State.RUNNING).count();
    return running == Math.min(world.operator.slots(), world.pods.size());
  }

  /** Until nothing is on its way; each pod renews once. */
  private void quiesce() {
    boolean busy = true;
    for (int round = 0; busy && round < ROUNDS; round++) {
      busy = false;
      for (TestingPod pod : world.pods) {
        busy |= serve(pod, round == 0);
      }
    }
  }

  private boolean serve(TestingPod pod, boolean renew) {
    boolean busy = false;
    for (Choice choice : TestingChoices.ordinary(world, pod)) {
      boolean wanted =
          switch (choice.what()) {
            case "sidecar decides" -> false;
            case "sidecar renews" -> renew;
            default -> true;
          };
      // One at a time: what is possible changes with each.
      if (wanted) {
        world.apply(choice);
        busy = true;
        break;
      }
    }
    if (pod.core != null) {
      world.apply(new Choice("sidecar decides", pod.index, 0, 0));
    }
    return busy;
  }

  private void apply(String what, long detail) {
    world.apply(new Choice(what, -1, detail, 0));
  }
}
