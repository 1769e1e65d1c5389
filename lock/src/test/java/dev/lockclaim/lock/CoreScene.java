package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Settings;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * Two pods on one etcd in memory, moved step by step; TTL 5 s, grace 1 s: TERM 3.4 s after a send.
 */
abstract class CoreScene {
  static final long SECOND = 1_000_000_000L;

  final TestingWorld world;
  final TestingPod first;
  final TestingPod second;

  CoreScene() {
    this(1, 0);
  }

  CoreScene(int slots, int delaySeconds) {
    this(world(2, slots, delaySeconds));
  }

  CoreScene(TestingWorld world) {
    this.world = world;
    first = world.pods.get(0);
    second = world.pods.get(1);
  }

  static TestingWorld world(int pods, int slots, int delaySeconds) {
    return new TestingWorld(
        new TestingScale(
            pods,
            slots,
            5,
            1,
            delaySeconds,
            0,
            List.of(),
            EnumSet.noneOf(TestingScale.Fault.class),
            0));
  }

  /** The first pod is active, the other one in line; returns the token. */
  final long active() {
    settle(first);
    settle(first, second);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
    return first.gate.token;
  }

  /** Everything of these pods arrives and is done, until nothing is left to do. */
  final void settle(TestingPod... pods) {
    for (int i = 0; i < 60; i++) {
      for (TestingPod pod : pods) {
        step(pod);
      }
    }
  }

  private void step(TestingPod pod) {
    pod.gate.connections.stream()
        .filter(c -> !c.toGate.isEmpty())
        .findFirst()
        .ifPresent(c -> pod.gate.read(c, pod.clock()));
    stepOfSidecar(pod);
  }

  /** The pod's gate reads nothing. */
  final void settleSidecar(TestingPod pod) {
    for (int i = 0; i < 60; i++) {
      stepOfSidecar(pod);
    }
  }

  private void stepOfSidecar(TestingPod pod) {
    if (pod.core == null) {
      return;
    }
    if (pod.connection != null && !pod.connection.toSidecar.isEmpty()) {
      pod.sidecarReads();
    } else if (!pod.awaited().isEmpty()) {
      TestingRequest request = pod.awaited().getFirst();
      if (request.handled) {
        pod.answer(request);
      } else {
        pod.handle(request, world.store);
      }
    } else if (pod.canHear(world.store)) {
      pod.hear(world.store);
    }
    pod.turn();
  }

  final void pass(long nanos) {
    world.now += nanos;
    world.store.now(world.now);
    for (TestingPod pod : world.pods) {
      pod.worldNanos = world.now;
      pod.gate.tick(pod.clock());
    }
  }

  final void renew(TestingPod pod) {
    pod.turn();
    pod.sendRenewal();
    settle(pod);
  }

  final void write(Step.Write... writes) throws EtcdFailure {
    world.store.step(new Step(List.of(), List.of(writes)), Duration.ZERO);
  }

  final void settings(int slots, boolean suspend) throws EtcdFailure {
    Settings settings =
        new Settings(slots, 0, Settings.FIRST_IN_LINE, "", suspend, 0, world.store.clusterId(), 0);
    write(new Step.Write.Put(LockKeys.SETTINGS, LockCodec.settings(settings), 0));
  }

  final LockView view() {
    return LockView.of(world.store.snapshot());
  }

  final long holder() {
    return view().holders().get(0).token();
  }

  /** Main was told to stop and has ended; the sidecar has not heard of it yet. */
  final void yieldAndEnd(TestingPod pod) {
    pod.core.giveUp(Optional.empty());
    pod.turn();
    for (int i = 0; i < 20 && pod.gate.state != TestingGate.State.ENDING; i++) {
      pod.gate.read(pod.gate.connections.getFirst(), pod.clock());
    }
    assertThat(pod.gate.state).isEqualTo(TestingGate.State.ENDING);
    pod.sidecarReads(); // that it is on its way out
    pod.gate.gone(pod.clock());
  }

  /** The old one is gone with all that it ran. */
  static void newContainer(TestingPod pod) {
    pod.gate = new TestingGate(pod.gate.instance + 1, false, false);
  }

  /** The hand-over or release that the sidecar sends; what it asks before is answered. */
  final TestingRequest give(TestingPod pod) {
    for (int i = 0; i < 20; i++) {
      pod.turn();
      Optional<TestingRequest> give =
          pod.awaited().stream().filter(r -> giving(r).isPresent()).findFirst();
      if (give.isPresent()) {
        return give.get();
      }
      for (TestingRequest request : pod.awaited()) {
        pod.handle(request, world.store);
        pod.answer(request);
      }
    }
    throw new AssertionError("nothing is given away: " + world);
  }

  static Optional<EtcdStep.Give> giving(TestingRequest request) {
    return request.action instanceof Action.Perform perform
            && perform.step() instanceof EtcdStep.Give give
        ? Optional.of(give)
        : Optional.empty();
  }

  /** The first pod was granted the lock by the second one, and its gate has read RUN too late. */
  final long refusedAsLate() {
    settle(second);
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    yieldAndEnd(second);
    settle(second);
    first.hear(world.store);
    first.turn();
    pass(4 * SECOND);
    first.gate.read(first.gate.connections.getFirst(), first.clock());
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
    first.sidecarReads();
    return holder();
  }
}
