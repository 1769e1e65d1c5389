package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.LockKeys;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * One token is one start of main, and giving it away is one-way. The names are explained in
 * docs/decisions/lock-protocol.md.
 */
final class CoreTokensTest extends CoreScene {
  @Test
  void c2ATokenThatIsBeingGivenAwayIsNotRunByTheNextSidecarProcess() {
    long token = active();
    yieldAndEnd(first);
    first.sidecarReads();
    first.turn(); // the hand-over is on its way
    TestingRequest late = give(first);
    newContainer(first); // whose gate remembers nothing
    first.crashSidecar();
    first.startSidecar();
    first.connectGate();
    settle(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
    assertThat(first.gate.token).isZero();
    if (!late.handled) {
      first.handle(late, world.store);
    }
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.gate.token).isGreaterThan(token);
  }

  @Test
  void c3ATokenWhoseHandOverHasAnUnknownOutcomeIsNotRunAgain() {
    final long token = refusedAsLate(); // so it has not run, and could be
    first.turn();
    first.gate.kill(first.clock());
    first.sidecarReads(); // EOF: nothing to run it in, so it is given away
    settle(second); // in line again
    first.hear(world.store);
    first.turn();
    TestingRequest late = give(first);
    first.giveUp(late);
    newContainer(first);
    first.connectGate();
    while (!first.connection.toSidecar.isEmpty()) {
      first.sidecarReads();
    }
    first.turn();
    first.sendRenewal();
    TestingRequest renewal = first.awaited().getLast();
    first.handle(renewal, world.store);
    first.answer(renewal); // now there is time to run it
    first.turn();
    settleGate(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
    first.handle(late, world.store);
    settle(first, second);
    renew(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.gate.token).isGreaterThan(token);
  }

  private static void settleGate(TestingPod pod) {
    for (TestingGate.Connection connection : List.copyOf(pod.gate.connections)) {
      while (!connection.toGate.isEmpty()) {
        pod.gate.read(connection, pod.clock());
      }
    }
  }

  @Test
  void c4H3ARunThatTheGateHasNotReadKeepsTheTokenFromBeingGivenAway() {
    settle(second);
    settle(first, second);
    yieldAndEnd(second);
    settle(second);
    settleSidecar(first);
    final long token = holder();
    assertThat(first.gates.mission).isEqualTo(token);
    TestingGate.Connection old = first.connection; // RUN is in it, unread
    first.crashSidecar();
    first.startSidecar();
    first.connectGate();
    settleSidecar(first); // the gate says that it waits
    assertThat(holder()).isEqualTo(token);
    first.gate.read(old, first.clock()); // main starts after all
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(first.gate.token).isEqualTo(token);
  }

  @Test
  void c5H4TheEndOfAConnectionGivesNothingAwayAndTheLeaseRunsOut() {
    final long token = active();
    final long lostNanos = first.coarse();
    first.gate.kill(first.clock()); // its children may write on
    first.sidecarReads();
    settleSidecar(first);
    assertThat(holder()).isEqualTo(token);
    pass(SECOND / 2);
    first.turn();
    assertThat(first.last.wish()).isPresent();
    assertThat(first.last.wakeNanos()).isEqualTo(lostNanos + SECOND);
    pass(SECOND / 2); // it does not come back
    first.turn();
    assertThat(first.last.wish()).isEmpty();
    settle(first, second);
    assertThat(holder()).isEqualTo(token);
  }

  @Test
  void h4ASidecarThatIsToldToEndLeavesARunningMainAndItsLeaseAlone() {
    long token = active();
    first.core.leave();
    first.turn();
    assertThat(first.last.settled()).isTrue();
    assertThat(first.last.emptyLease()).isZero();
    settle(first, second);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(holder()).isEqualTo(token);
  }

  @Test
  void c14L1ARunThatCameTooLateIsSaidAgainWithLaterTimesOnly() {
    long token = refusedAsLate();
    first.turn();
    assertThat(first.gate.connections.getFirst().toGate).isEmpty();
    renew(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(first.gate.token).isEqualTo(token);
  }

  @Test
  void l1ARunThatTheGateAloneFindsTooLateIsNotRepeatedAtOnce() {
    settle(second);
    settle(first, second);
    yieldAndEnd(second);
    settle(second);
    settleSidecar(first);
    long token = holder();
    first.gate.connections.getFirst().toGate.clear(); // its clock has jumped
    first.gates.mission = 0;
    first.core.refused(token, Refusal.LATE);
    settleSidecar(first);
    assertThat(first.gates.mission).isZero();
    pass(SECOND);
    renew(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(first.gate.token).isEqualTo(token);
  }

  @Test
  void l1AMainThatIsNotStartedWithinTenSecondsIsStopped() {
    settle(second);
    settle(first, second);
    yieldAndEnd(second);
    settle(second);
    settleSidecar(first);
    assertThat(first.gates.mission).isNotZero();
    for (int i = 0; i < 4; i++) {
      assertThat(first.gates.stopWanted()).isZero();
      pass(3 * SECOND);
      first.turn();
      first.sendRenewal();
      settleSidecar(first);
    }
    assertThat(first.gates.stopWanted()).isEqualTo(first.gates.mission);
  }

  @Test
  void h2RanIsWrittenDownBeforeRunIsSent() {
    settle(second);
    settle(first, second);
    yieldAndEnd(second);
    settle(second);
    first.hear(world.store);
    first.turn(); // RUN is on its way
    final long token = holder();
    assertThat(first.marks.marks().ran()).isEqualTo(token);
    first.crashSidecar();
    newContainer(first); // nobody can tell what the old one ran
    first.startSidecar();
    first.connectGate();
    settle(first);
    assertThat(first.gate.token).isNotEqualTo(token);
  }

  @Test
  void h2ReleasedIsWrittenDownBeforeATokenIsGivenAway() {
    final long token = refusedAsLate();
    first.gate.kill(first.clock());
    first.sidecarReads();
    first.turn();
    assertThat(giving(give(first)).orElseThrow().holder().token()).isEqualTo(token);
    assertThat(first.marks.marks().released()).isEqualTo(token);
  }

  @Test
  void h12ALeaseIsTakenUpOnlyWithTheTokenThatWasRunUnderIt() throws EtcdFailure {
    final long token = active();
    first.crashSidecar();
    // Somebody has written the key: another revision, so another grant, which was never run.
    write(
        new Step.Write.Put(
            LockKeys.holder(0),
            world.store.keys().get(LockKeys.holder(0)).value(),
            view().holders().get(0).lease()));
    first.startSidecar();
    first.connectGate();
    settle(first);
    assertThat(first.gate.token).isEqualTo(token);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.ENDING);
    assertThat(first.status().state()).isEqualTo(CandidateStatus.State.LOST);
  }

  @Test
  void l12ASidecarThatComesBackTakesUpWhatRuns() {
    long token = active();
    first.crashSidecar();
    first.startSidecar();
    first.connectGate();
    settle(first, second);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(holder()).isEqualTo(token);
    assertThat(first.status().state()).isEqualTo(CandidateStatus.State.ACTIVE);
  }

  @Test
  void t10AGrantIsNotRunWhenItsTimesAreOver() {
    settle(second);
    settle(first, second);
    yieldAndEnd(second);
    settle(second);
    pass(4 * SECOND); // first was renewed longer ago than a main may run
    first.hear(world.store);
    first.turn();
    assertThat(first.gates.mission).isZero();
    renew(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(first.gate.token).isEqualTo(holder());
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
}
