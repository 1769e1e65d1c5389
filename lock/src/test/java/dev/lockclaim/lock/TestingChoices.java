package dev.lockclaim.lock;

import dev.lockclaim.lock.TestingScale.Fault;
import dev.lockclaim.lock.TestingScale.Trait;
import dev.lockclaim.lock.TestingWorld.Choice;
import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.view.LockKeys;
import java.util.ArrayList;
import java.util.List;

/** All the things that could happen next in a world. */
final class TestingChoices {
  private final TestingWorld world;
  private final TestingScale scale;
  private final boolean coarse;
  private final List<Choice> all = new ArrayList<>(16);

  private TestingChoices(TestingWorld world) {
    this.world = world;
    scale = world.scale;
    coarse = scale.has(Trait.COARSE);
  }

  static List<Choice> of(TestingWorld world) {
    TestingChoices choices = new TestingChoices(world);
    for (TestingPod pod : world.pods) {
      choices.ordinary(pod);
    }
    if (world.faultsLeft > 0) {
      for (Fault fault : scaleFaults(world)) {
        world.pods.forEach(pod -> choices.fault(fault, pod));
        choices.fault(fault);
      }
    }
    choices.world();
    return choices.all;
  }

  /** What happens to a pod where nothing goes wrong. */
  static List<Choice> ordinary(TestingWorld world, TestingPod pod) {
    TestingChoices choices = new TestingChoices(world);
    choices.ordinary(pod);
    return choices.all;
  }

  private static List<Fault> scaleFaults(TestingWorld world) {
    boolean once = world.scale.has(Trait.ONCE_EACH);
    return world.scale.faults().stream()
        .filter(fault -> !(once && world.spent.contains(fault)))
        .toList();
  }

  private void add(String what, TestingPod pod, long detail, int weight) {
    all.add(new Choice(what, pod == null ? -1 : pod.index, detail, weight));
  }

  private void ordinary(TestingPod pod) {
    TestingGate gate = pod.gate;
    if (pod.core == null) {
      add("sidecar starts", pod, 0, 6);
    } else {
      sidecar(pod);
    }
    for (int c = 0; c < gate.connections.size(); c++) {
      if (!gate.connections.get(c).toGate.isEmpty()) {
        add("gate reads", pod, c, 12);
      }
    }
    for (int r = 0; r < pod.requests.size(); r++) {
      TestingRequest request = pod.requests.get(r);
      if (!request.handled) {
        if (withinBounds(world, request)) {
          add("etcd handles", pod, r, 10);
        }
      } else if (pod.awaits(request)) {
        add("answer arrives", pod, r, 10);
      }
    }
    if (gate.isStarting()) {
      add("main is executed", pod, 0, 8);
    }
    if (gate.state == TestingGate.State.ENDING || gate.lingers()) {
      add("main is gone", pod, 0, 3);
    }
    if (gate.maySeeDelivered() && !coarse) {
      add("gate looks", pod, 0, 6);
    }
    if (gate.state == TestingGate.State.GONE && !gate.lingers()) {
      add("container starts", pod, 0, 6);
    }
  }

  private void sidecar(TestingPod pod) {
    if (pod.undecided) { // else it would decide the same again
      add("sidecar decides", pod, 0, 12);
    }
    if (pod.connection != null && !pod.connection.toSidecar.isEmpty()) {
      add("sidecar reads", pod, 0, 12);
    }
    if (pod.connection == null && pod.gate.state != TestingGate.State.GONE) {
      add("gate connects", pod, 0, 8);
    }
    if (pod.mayRenew()) {
      add("sidecar renews", pod, 0, 8);
    }
    if (pod.canHear(world.store)) {
      add("watch speaks", pod, 0, 10);
    }
  }

  /** A search is finite because etcd takes only so many writes, and so many leases. */
  static boolean withinBounds(TestingWorld world, TestingRequest request) {
    if (world.unbounded) {
      return true;
    }
    return switch (request.action) {
      case Action.Connect _ -> world.store.granted() < world.scale.leases();
      case Action.Perform(EtcdStep step, var _, long _) ->
          !TestingWorld.puts(step) || world.puts < world.scale.puts();
      case null, default -> true;
    };
  }

  private void fault(Fault fault, TestingPod pod) {
    TestingGate gate = pod.gate;
    boolean runs = gate.state == TestingGate.State.RUNNING;
    boolean alive = gate.state != TestingGate.State.GONE;
    switch (fault) {
      case UNKNOWN_OUTCOME -> {
        for (int r = 0; r < pod.requests.size(); r++) {
          if (pod.awaits(pod.requests.get(r))) {
            add("answer is lost", pod, r, 2);
          }
        }
      }
      case REQUEST_LOST -> {
        for (int r = 0; r < pod.requests.size(); r++) {
          if (!pod.requests.get(r).handled) {
            add("request is lost", pod, r, 1);
          }
        }
      }
      case SIDECAR_CRASH -> addIf(pod.core != null, "sidecar crashes", pod, 1);
      case GATE_KILLED -> addIf(alive, "gate is killed", pod, 1);
      case CONTAINER_ENDS -> addIf(alive && !gate.exits(), "container is told to end", pod, 1);
      case MAIN_EXITS -> addIf(runs && !gate.isStarting(), "main exits", pod, 1);
      case EXEC_FAILS -> addIf(gate.isStarting(), "main cannot be executed", pod, 2);
      case CLOCK_JUMPS -> addIf(alive, "wall clock jumps", pod, 1);
      case WATCH_BREAKS -> {
        addIf(pod.core != null && pod.watch.isOpen(), "watch breaks", pod, 1);
        addIf(pod.core != null && pod.watch.isOpen() && !coarse, "watch falls silent", pod, 1);
      }
      case YIELD -> addIf(pod.core != null && pod.mission() != 0, "yield is asked", pod, 2);
      case REQUEST_NAMED -> add("hand-over to is asked", pod, 0, 1);
      case SUSPEND,
          RESUME,
          SLOTS_LOWERED,
          SLOTS_RAISED,
          REQUEST,
          LEASE_REVOKED,
          HOLDER_DELETED,
          RESTORE -> {}
    }
  }

  private void addIf(boolean possible, String what, TestingPod pod, int weight) {
    if (possible) {
      add(what, pod, 0, weight);
    }
  }

  private void fault(Fault fault) {
    switch (fault) {
      case SUSPEND -> add("claim is suspended", null, 0, 1);
      case RESUME -> addIf(!coarse || world.operator.isSuspended(), "claim is resumed", null, 1);
      case SLOTS_LOWERED -> addIf(world.operator.slots() > 1, "slots are lowered", null, 1);
      case SLOTS_RAISED ->
          addIf(world.operator.slots() < scale.slots(), "slots are raised", null, 2);
      case REQUEST -> add("hand-over is asked", null, 0, 1);
      case LEASE_REVOKED ->
          world.store.leases().keySet().forEach(lease -> add("lease is revoked", null, lease, 1));
      case HOLDER_DELETED ->
          addIf(
              world.store.keys().containsKey(LockKeys.holder(0)), "holder key is deleted", null, 1);
      case RESTORE -> {
        addIf(world.backup == null && !coarse, "backup is taken", null, 1);
        addIf(world.backup != null, "backup is restored", null, 1);
      }
      default -> {}
    }
  }

  private void world() {
    for (long lease : world.store.expired()) {
      add("lease expires", null, lease, 6);
    }
    if (world.ticks < scale.ticks()) {
      for (long step : scale.stepsNanos()) {
        add("time passes", null, step, 4);
      }
    }
    if (world.operator.mayBeginEpoch(world)) {
      add("operator begins an epoch", null, 0, 10);
    }
  }
}
