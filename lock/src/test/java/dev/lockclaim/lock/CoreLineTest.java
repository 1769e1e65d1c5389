package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The line, and transactions that rest on what is not so any more. */
final class CoreLineTest extends CoreScene {
  @Test
  void t8AReleaseThatArrivesLateTakesNobodysGrantAway() {
    final long token = active();
    settleSidecarOut(second);
    yieldAndEnd(first);
    first.core.leave(); // else the new place, under a lease that has ended, would be a guard too
    first.sidecarReads();
    first.turn();
    TestingRequest late = give(first);
    assertThat(giving(late).orElseThrow().successor()).isEmpty();
    first.crashSidecar();
    world.store.revoke(view().holders().get(0).lease());
    second.connectGate();
    settle(second);
    assertThat(holder()).isGreaterThan(token);
    first.handle(late, world.store);
    assertThat(view().holders()).containsKey(0);
  }

  /** Its gate goes, it leaves the line, and the others hear of it. */
  private void settleSidecarOut(TestingPod pod) {
    pod.gate.kill(pod.clock());
    settle(pod);
    assertThat(view().queue()).isEmpty();
    newContainer(pod);
    settle(first);
  }

  @Test
  void c11H8AHandOverDoesNotPassWhenTheClaimIsSuspendedMeanwhile() throws EtcdFailure {
    long token = active();
    yieldAndEnd(first);
    first.sidecarReads();
    TestingRequest give = give(first);
    settings(1, true);
    first.handle(give, world.store);
    assertThat(holder()).isEqualTo(token);
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
    assertThat(view().holders()).isEmpty();
    assertThat(view().ledgers()).isEmpty();
  }

  @Test
  void h8AGrantDoesNotPassWhenTheClaimIsSuspendedMeanwhile() throws EtcdFailure {
    TestingRequest grant = grant();
    settings(1, true);
    first.handle(grant, world.store);
    assertThat(view().holders()).isEmpty();
    settle(first);
    assertThat(view().holders()).isEmpty();
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
  }

  private static boolean taking(TestingRequest request) {
    return request.action instanceof Action.Perform perform
        && perform.step() instanceof EtcdStep.Grant;
  }

  private static boolean joining(TestingRequest request) {
    return request.action instanceof Action.Perform perform
        && perform.step() instanceof EtcdStep.Join;
  }

  /** The first pod stands in line, and its grant is on its way. */
  private TestingRequest grant() {
    return firstAsks(CoreLineTest::taking);
  }

  /** What the first pod is waiting for; all that came before it was answered. */
  private TestingRequest firstAsks(Predicate<TestingRequest> wanted) {
    for (int i = 0; i < 20; i++) {
      stepFirst();
      if (!first.awaited().isEmpty() && wanted.test(first.awaited().getFirst())) {
        return first.awaited().getFirst();
      }
      answerFirst();
    }
    throw new AssertionError("it is not asked for: " + world);
  }

  private void stepFirst() {
    if (!first.connection.toSidecar.isEmpty()) {
      first.sidecarReads();
    }
    if (!first.gate.connections.getFirst().toGate.isEmpty()) {
      first.gate.read(first.gate.connections.getFirst(), first.clock());
    }
    first.turn();
  }

  private void answerFirst() {
    for (TestingRequest request : first.awaited()) {
      first.handle(request, world.store);
      first.answer(request);
    }
  }

  @Test
  void l2AJoinThatArrivesLateIsTakenBack() throws EtcdFailure {
    active();
    long lease = joinLate();
    settle(first);
    assertThat(view().queued(lease)).isEmpty();
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void c12L2NobodyIsHisOwnSuccessor() throws EtcdFailure {
    settle(first); // nobody else is in line
    joinLate();
    first.hear(world.store);
    yieldAndEnd(first);
    TestingRequest lost = // takes the place in line back
        first.awaited().stream().filter(TestingRequest::writes).findFirst().orElseThrow();
    first.giveUp(lost);
    first.forget(lost);
    pass(SECOND / 5);
    first.sidecarReads();
    assertThat(giving(give(first)).orElseThrow().successor()).isEmpty();
  }

  @Test
  void c13L7ACandidateLeavesOnlyOnceItKnowsWhetherItStandsInLine() {
    TestingRequest join = firstAsks(CoreLineTest::joining);
    first.giveUp(join); // it is on its way, and nobody knows what becomes of it
    first.core.leave();
    first.turn();
    assertThat(first.last.settled()).isFalse();
    first.handle(join, world.store);
    assertThat(view().queue()).hasSize(1);
    pass(SECOND / 5);
    settle(first);
    assertThat(first.last.settled()).isTrue();
    assertThat(view().queue()).isEmpty();
  }

  private long joinLate() throws EtcdFailure {
    long lease = view().holders().get(0).lease();
    write(
        new Step.Write.Put(LockKeys.queue(lease), LockCodec.queue(first.config.identity()), lease));
    return lease;
  }

  @Test
  void c13L7ACleanEndAfterTheLeaseHasRunOutCostsTheNextOneNoDelay() {
    active();
    yieldAndEnd(first);
    long lease = view().holders().get(0).lease();
    world.store.revoke(lease);
    assertThat(view().ledgers()).containsKey(0);
    first.hear(world.store); // before the gate's word
    first.core.leaseGone(lease);
    settle(first);
    assertThat(view().ledgers().values()).noneMatch(l -> l.token() == first.marks.marks().ran());
  }

  @Test
  void l3WhoFailsToTakeAFreeSlotLetsOthersGoFirst() {
    grant();
    for (int i = 0; i < 4 && !view().queue().isEmpty(); i++) {
      pass(SECOND);
      first.turn();
      first.sendRenewal();
      refuseGrants();
    }
    assertThat(view().queued(first.marks.marks().lease())).isEmpty();
    settle(second);
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  private void refuseGrants() {
    for (int i = 0; i < 20; i++) {
      for (TestingRequest request : first.awaited()) {
        if (taking(request)) {
          first.giveUp(request);
          first.forget(request);
        } else {
          first.handle(request, world.store);
          first.answer(request);
        }
      }
      if (first.canHear(world.store)) {
        first.hear(world.store);
      }
      pass(SECOND / 50);
      first.turn();
    }
  }

  @Test
  void l5ASuccessorThatHasMissedRenewalsIsPassedOver() {
    TestingWorld three = world(3, 1, 0);
    CoreScene scene = new Other(three);
    scene.settle(three.pods.get(0));
    scene.settle(three.pods.get(1));
    scene.settle(three.pods.get(2));
    TestingPod holder = three.pods.get(0);
    scene.settle(holder);
    long stale = three.pods.get(1).marks.marks().lease();
    holder.core.weak(stale, true);
    scene.yieldAndEnd(holder);
    scene.settle(holder);
    assertThat(scene.view().holders().get(0).lease())
        .isEqualTo(three.pods.get(2).marks.marks().lease());
  }

  @Test
  void l5WhoHasMissedRenewalsOnceIsNotPassedOverForEver() {
    TestingWorld three = world(3, 1, 0);
    CoreScene scene = new Other(three);
    TestingPod holder = three.pods.get(0);
    TestingPod stale = three.pods.get(1);
    TestingPod last = three.pods.get(2);
    scene.settle(holder);
    scene.settle(stale);
    scene.settle(last);
    scene.settle(holder);
    holder.core.weak(stale.marks.marks().lease(), true);
    yieldWithoutAsking(scene, holder);
    scene.settle(holder, last);
    assertThat(last.gate.state).isEqualTo(TestingGate.State.RUNNING);
    last.core.giveUp(Optional.of(holder.config.identity().pod()));
    scene.settle(last);
    last.gate.gone(last.clock());
    scene.settle(last, holder);
    assertThat(holder.gate.state).isEqualTo(TestingGate.State.RUNNING);
    yieldWithoutAsking(scene, holder);
    holder.sidecarReads();
    assertThat(giving(scene.give(holder)).orElseThrow().successor().orElseThrow().lease())
        .isEqualTo(stale.marks.marks().lease());
  }

  /** Main ends so soon that nobody hears who has missed renewals. */
  private static void yieldWithoutAsking(CoreScene scene, TestingPod pod) {
    scene.yieldAndEnd(pod);
    pod.awaited().stream()
        .filter(request -> request.action instanceof Action.AskFreshness)
        .forEach(pod::forget);
  }

  private static final class Other extends CoreScene {
    Other(TestingWorld world) {
      super(world);
    }
  }

  @Test
  void l6AGrantWithoutAReadyGateIsGivenAwayAtOnce() {
    active();
    second.gate.kill(second.clock());
    second.sidecarReads(); // EOF, which etcd does not know yet
    yieldAndEnd(first);
    settle(first);
    long granted = holder();
    settle(second, first);
    assertThat(holder()).isGreaterThan(granted);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void l9AGrantThatFailsIsTriedAgainFromItsOwnAnswer() throws EtcdFailure {
    TestingRequest grant = grant();
    settings(1, false); // the same words, and a new revision
    first.handle(grant, world.store);
    first.answer(grant);
    first.turn();
    assertThat(first.awaited()).singleElement().matches(CoreLineTest::taking);
  }

  @Test
  void l10AHandOverThatIsDeniedBecomesARelease() {
    active();
    yieldAndEnd(first);
    first.sidecarReads();
    first.turn();
    TestingRequest denied = give(first);
    assertThat(giving(denied).orElseThrow().successor()).isPresent();
    first.forget(denied);
    first.core.stepFailed(
        ((Action.Perform) denied.action).step(), EtcdFailure.Kind.DENIED, "no", first.coarse());
    settleSidecar(first);
    assertThat(view().holders()).isEmpty();
    assertThat(view().ledgers()).isEmpty();
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void aRequestIsAnsweredOnce() throws EtcdFailure {
    active();
    write(new Step.Write.Put(LockKeys.REQUEST, LockCodec.request("any", "r"), 0));
    settle(first);
    first.gate.gone(first.clock());
    settle(first, second, first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    long token = second.gate.token;
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.gate.token).isEqualTo(token);
  }
}
