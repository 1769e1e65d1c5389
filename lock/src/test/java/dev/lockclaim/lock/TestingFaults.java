package dev.lockclaim.lock;

import dev.lockclaim.lock.TestingScale.Fault;
import dev.lockclaim.lock.TestingWorld.Choice;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Request;
import java.util.List;
import java.util.Optional;

/** What goes wrong in a world. */
final class TestingFaults {
  /** More than the gate takes for slewing. */
  private static final long JUMP_NANOS = 2_000_000_000L;

  private TestingFaults() {}

  /**
   * Makes one happen.
   *
   * @param pod null where the choice has none
   */
  static void apply(TestingWorld world, Choice choice, TestingPod pod) {
    TestingOperator operator = world.operator;
    int at = (int) choice.detail();
    switch (choice.what()) {
      case "answer is lost" -> {
        spend(world, Fault.UNKNOWN_OUTCOME);
        pod.giveUp(pod.requests.get(at));
      }
      case "request is lost" -> {
        spend(world, Fault.REQUEST_LOST);
        pod.lose(pod.requests.get(at));
      }
      case "sidecar crashes" -> {
        spend(world, Fault.SIDECAR_CRASH);
        pod.crashSidecar();
      }
      case "gate is killed" -> {
        spend(world, Fault.GATE_KILLED);
        pod.gate.kill(pod.clock());
      }
      case "container is told to end" -> {
        spend(world, Fault.CONTAINER_ENDS);
        pod.gate.leave(true, pod.clock());
      }
      case "main exits" -> {
        spend(world, Fault.MAIN_EXITS);
        pod.gate.leave(false, pod.clock());
      }
      case "main cannot be executed" -> {
        spend(world, Fault.EXEC_FAILS);
        pod.gate.executed(false, pod.clock());
      }
      case "wall clock jumps" -> {
        spend(world, Fault.CLOCK_JUMPS);
        pod.gate.jump(JUMP_NANOS, pod.clock());
      }
      case "watch breaks" -> {
        spend(world, Fault.WATCH_BREAKS);
        pod.breakWatch();
      }
      case "watch falls silent" -> {
        spend(world, Fault.WATCH_BREAKS);
        pod.watch.silence();
      }
      case "yield is asked" -> {
        spend(world, Fault.YIELD);
        pod.tell(core -> core.giveUp(Optional.empty()));
      }
      case "claim is suspended" -> {
        spend(world, Fault.SUSPEND);
        operator.suspend(true, world);
      }
      case "claim is resumed" -> {
        spend(world, Fault.RESUME);
        operator.suspend(false, world);
      }
      case "slots are lowered" -> {
        spend(world, Fault.SLOTS_LOWERED);
        operator.slots(operator.slots() - 1, world);
      }
      case "slots are raised" -> {
        spend(world, Fault.SLOTS_RAISED);
        operator.slots(operator.slots() + 1, world);
      }
      case "hand-over is asked" -> {
        spend(world, Fault.REQUEST);
        operator.request(Request.ANY, world);
      }
      case "hand-over to is asked" -> {
        spend(world, Fault.REQUEST_NAMED);
        operator.request(pod.config.identity().pod(), world);
      }
      case "lease is revoked" -> {
        spend(world, Fault.LEASE_REVOKED);
        world.store.revoke(choice.detail());
      }
      case "holder key is deleted" -> {
        spend(world, Fault.HOLDER_DELETED);
        TestingOperator.change(List.of(new Step.Write.Delete(LockKeys.holder(0))), world);
      }
      case "backup is taken" -> world.backup = world.store.copy();
      case "backup is restored" -> {
        spend(world, Fault.RESTORE);
        restore(world);
      }
      default -> throw new IllegalArgumentException(choice.toString());
    }
  }

  private static void spend(TestingWorld world, Fault fault) {
    world.faultsLeft--;
    world.spent.add(fault);
  }

  private static void restore(TestingWorld world) {
    world.store = world.backup.restored(world.store.clusterId() + 1, world.now);
    world.backup = null;
    world.operator.restored(world);
    world.judge.restored(world);
    for (TestingPod pod : world.pods) {
      if (pod.core != null && pod.watch.isOpen()) {
        pod.breakWatch();
      }
      // What was not handled was on connections that are no more.
      for (TestingRequest request : List.copyOf(pod.requests)) {
        if (!request.handled) {
          pod.lose(request);
        }
      }
    }
  }
}
