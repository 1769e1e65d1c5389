package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Settings;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Cases that broke an earlier protocol under model checking, or would, one by one; the names are
 * explained in docs/decisions/lock-protocol.md.
 */
final class CoreTest {
  private static final long SECOND = 1_000_000_000L;

  private final TestingWorld world = world(1, 0);
  private final TestingPod first = world.pods.get(0);
  private final TestingPod second = world.pods.get(1);

  private static TestingWorld world(int slots, int delaySeconds) {
    return new TestingWorld(
        new TestingWorld.Scale(
            2,
            slots,
            5,
            1,
            delaySeconds,
            0,
            List.of(),
            EnumSet.noneOf(TestingWorld.Fault.class),
            0));
  }

  /** The first pod is active, the other one in line. */
  private long active() {
    settle(first);
    settle(first, second);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
    return first.gate.token;
  }

  /** Everything of these pods arrives and is done, until nothing is left to do. */
  private void settle(TestingPod... pods) {
    for (int i = 0; i < 60; i++) {
      for (TestingPod pod : pods) {
        step(pod);
      }
    }
  }

  private void step(TestingPod pod) {
    List<TestingGate.Connection> connections = pod.gate.connections;
    connections.stream()
        .filter(c -> !c.toGate.isEmpty())
        .findFirst()
        .ifPresent(c -> pod.gate.read(c, pod.clock()));
    if (pod.core == null) {
      return;
    }
    if (pod.connection != null && !pod.connection.toSidecar.isEmpty()) {
      pod.sidecarReads();
    } else if (!pod.awaited().isEmpty()) {
      TestingPod.Request request = pod.awaited().getFirst();
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

  private void pass(long nanos) {
    world.now += nanos;
    world.store.now(world.now);
    for (TestingPod pod : world.pods) {
      pod.worldNanos = world.now;
      pod.gate.tick(pod.clock());
    }
  }

  private void renew(TestingPod pod) {
    pod.turn();
    pod.sendRenewal();
    settle(pod);
  }

  private void write(Step.Write... writes) throws EtcdFailure {
    world.store.step(new Step(List.of(), List.of(writes)), Duration.ZERO);
  }

  private void settings(int slots, boolean suspend) throws EtcdFailure {
    Settings settings =
        new Settings(slots, 0, Settings.FIRST_IN_LINE, "", suspend, 0, world.store.clusterId(), 0);
    write(new Step.Write.Put(LockKeys.SETTINGS, LockCodec.settings(settings), 0));
  }

  private LockView view() {
    return LockView.of(world.store.snapshot());
  }

  /** Main was told to stop and has ended; the sidecar has not heard of it yet. */
  private void yieldAndEnd(TestingPod pod) {
    pod.core.giveUp(Optional.empty());
    pod.turn();
    while (pod.gate.state != TestingGate.State.ENDING) {
      pod.gate.read(pod.gate.connections.getFirst(), pod.clock());
    }
    pod.gate.gone();
  }

  @Test
  void c2ATokenThatIsBeingGivenAwayIsNotRunByTheNextSidecarProcess() {
    long token = active();
    yieldAndEnd(first);
    first.sidecarReads();
    first.turn(); // the hand-over is on its way
    TestingPod.Request late = first.awaited().getFirst();
    first.crashSidecar();
    first.startSidecar();
    first.connectGate();
    settle(first);
    assertThat(first.gate.token).isEqualTo(token);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
    if (!late.handled) {
      first.handle(late, world.store);
    }
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.gate.token).isGreaterThan(token);
  }

  @Test
  void c4ARunThatTheGateHasNotReadKeepsTheTokenFromBeingGivenAway() {
    settle(second); // in line behind
    world.pods.forEach(this::step);
    TestingWorld fresh = world(1, 0);
    TestingPod pod = fresh.pods.getFirst();
    pod.sidecarReads();
    pod.gate.read(pod.gate.connections.getFirst(), pod.clock());
    while (pod.mission == 0) {
      pod.turn();
      pod.awaited().forEach(request -> pod.handle(request, fresh.store));
      List.copyOf(pod.awaited()).forEach(pod::answer);
    }
    TestingGate.Connection old = pod.connection; // RUN is in it, unread
    pod.crashSidecar();
    pod.startSidecar();
    pod.connectGate();
    pod.sidecarReads(); // the gate says that it waits
    for (int i = 0; i < 20; i++) {
      pod.turn();
      pod.awaited().forEach(request -> pod.handle(request, fresh.store));
      List.copyOf(pod.awaited()).forEach(pod::answer);
    }
    assertThat(LockView.of(fresh.store.snapshot()).holders()).containsKey(0);
    pod.gate.read(old, pod.clock()); // main starts after all
    assertThat(pod.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void c13ACleanEndAfterTheLeaseHasRunOutCostsTheNextOneNoDelay() {
    active();
    yieldAndEnd(first);
    world.store.revoke(view().holders().get(0).lease());
    assertThat(view().ledgers()).containsKey(0);
    settle(first);
    assertThat(view().ledgers().values()).noneMatch(l -> l.token() == first.marks.marks().ran());
  }

  @Test
  void c14ARunThatCameTooLateIsSaidAgainWithLaterTimesOnly() {
    settle(second);
    settle(first, second);
    // second is active: first is granted next, and its gate reads RUN after the TERM time.
    long token = second.gate.token;
    yieldAndEnd(second);
    settle(second);
    first.hear(world.store);
    first.turn();
    pass(4 * SECOND);
    first.gate.read(first.gate.connections.getFirst(), first.clock());
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
    first.sidecarReads();
    first.turn();
    assertThat(first.gate.connections.getFirst().toGate).isEmpty();
    renew(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(first.gate.token).isGreaterThan(token);
  }

  @Test
  void h6AWaitingCandidateKnowsARestoredEtcdByTheHighestRevisionThatItHasSeen() throws EtcdFailure {
    active();
    TestingStore backup = world.store.copy();
    for (int i = 0; i < 20; i++) {
      write(new Step.Write.Put(LockKeys.REQUEST, LockCodec.request("nobody", "r" + i), 0));
    }
    settle(second);
    world.store = backup.restored(backup.clusterId(), world.now); // the same cluster's id
    pass(2 * SECOND);
    second.breakWatch();
    settle(second);
    assertThat(second.last.status().trouble()).contains("restored");
    pass(30 * SECOND);
    settle(second);
    assertThat(second.last.status().trouble()).contains("restored");
    assertThat(view().queued(second.marks.marks().lease())).isEmpty();
  }

  @Test
  void h6ARenewalAnsweredByARestoredEtcdIsNone() {
    active();
    Deadlines before = first.last.status().deadlines();
    world.store = world.store.restored(world.store.clusterId() + 1, world.now);
    pass(SECOND);
    first.turn();
    first.sendRenewal();
    TestingPod.Request renewal =
        first.awaited().stream().filter(TestingPod.Request::isRenewal).findFirst().orElseThrow();
    first.handle(renewal, world.store);
    first.answer(renewal);
    first.turn();
    assertThat(first.last.status().deadlines()).isEqualTo(before);
    assertThat(first.last.status().state()).isEqualTo(CandidateStatus.State.LOST);
  }

  @Test
  void h8AHandOverDoesNotPassWhenTheClaimIsSuspendedMeanwhile() throws EtcdFailure {
    active();
    yieldAndEnd(first);
    first.sidecarReads();
    first.turn();
    settings(1, true);
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
    assertThat(view().holders()).isEmpty();
    assertThat(view().ledgers()).isEmpty();
  }

  @Test
  void l2AJoinThatArrivesLateIsTakenBack() throws EtcdFailure {
    active();
    long lease = view().holders().get(0).lease();
    write(
        new Step.Write.Put(LockKeys.queue(lease), LockCodec.queue(first.config.identity()), lease));
    settle(first);
    assertThat(view().queued(lease)).isEmpty();
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void l4ASilentWatchIsReadAroundAfterThreeRenewals() {
    active();
    second.silent = true;
    long token = first.gate.token;
    yieldAndEnd(first);
    settle(first);
    assertThat(view().holders().get(0).token()).isGreaterThan(token);
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
    pass(3 * SECOND + SECOND / 10);
    renew(second);
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void l6AGrantWithoutAReadyGateIsGivenAwayAtOnce() {
    active();
    second.gate.kill(second.clock());
    second.sidecarReads(); // EOF, which etcd does not know yet
    yieldAndEnd(first);
    settle(first);
    long granted = view().holders().get(0).token();
    settle(second, first);
    assertThat(view().holders().get(0).token()).isGreaterThan(granted);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void aHolderKeyDeletedByHandWaitsForItsMain() throws EtcdFailure {
    final long token = active();
    write(new Step.Write.Delete(LockKeys.holder(0)));
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
    assertThat(view().holders()).isEmpty();
    settle(first); // told to stop, but not gone yet
    assertThat(first.gate.state).isEqualTo(TestingGate.State.ENDING);
    pass(SECOND / 2 + 1);
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
    settle(first); // its end is known, and said
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.gate.token).isGreaterThan(token);
  }

  @Test
  void aRequestIsAnsweredOnce() throws EtcdFailure {
    active();
    write(new Step.Write.Put(LockKeys.REQUEST, LockCodec.request("any", "r"), 0));
    settle(first);
    first.gate.gone();
    settle(first, second, first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    long token = second.gate.token;
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.gate.token).isEqualTo(token);
  }

  @Test
  void settingsThatCannotBeReadKeepThePodOutOfLine() throws EtcdFailure {
    write(new Step.Write.Put(LockKeys.SETTINGS, "{\"v\":2}", 0));
    settle(first);
    assertThat(view().queue()).isEmpty();
    assertThat(first.last.status().reason()).contains("settings");
    assertThat(first.marks.marks().lease()).isNotZero();
  }

  @Test
  void aForeignHolderKeyHoldsItsSlot() throws EtcdFailure {
    write(new Step.Write.Put(LockKeys.holder(0), "not ours", 0));
    settle(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
    assertThat(view().holders().get(0).identity()).isEqualTo(Identity.NOBODY);
  }
}
