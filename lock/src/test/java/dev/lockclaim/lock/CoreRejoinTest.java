package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gives a lock away and may hold it again stands in line anew with that very request. */
final class CoreRejoinTest extends CoreScene {
  @Test
  void aHandOverIsOneRequestAndLeavesTheFormerHolderInLine() {
    active();
    long lease = first.marks.marks().lease();
    yieldAndEnd(first);
    first.sidecarReads();
    TestingRequest give = give(first);
    first.handle(give, world.store);
    Holder next = view().holders().get(0);
    assertThat(next.lease()).isEqualTo(second.marks.marks().lease());
    assertThat(view().queued(lease).orElseThrow().createRevision()).isEqualTo(next.modRevision());
    settle(first); // hears of it, and has nothing left to write
    assertThat(view().revision()).isEqualTo(next.modRevision());
  }

  @Test
  void aReleaseLeavesItInLineToo() {
    settle(first); // nobody else is in line
    long lease = first.marks.marks().lease();
    yieldAndEnd(first);
    first.sidecarReads();
    TestingRequest give = give(first);
    assertThat(giving(give).orElseThrow().successor()).isEmpty();
    first.handle(give, world.store);
    assertThat(view().holders()).isEmpty();
    assertThat(view().ledgers()).isEmpty();
    assertThat(view().queued(lease)).isPresent();
  }

  /** It waits before it stands in line anew, so that it does not wander through all pods. */
  @Test
  void aMainThatEndedByItselfStandsInLineLater() {
    active();
    first.gate.leave(false, first.clock());
    first.gate.gone(first.clock());
    while (!first.connection.toSidecar.isEmpty()) {
      first.sidecarReads();
    }
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(view().queue()).isEmpty();
    newContainer(first);
    first.connectGate();
    pass(SECOND / 2);
    settle(first);
    assertThat(view().queue()).isEmpty();
    pass(SECOND);
    settle(first);
    assertThat(view().queue()).hasSize(1);
  }

  @Test
  void aPodThatLeavesDoesNotStandInLineAnew() {
    active();
    yieldAndEnd(first);
    first.sidecarReads();
    first.core.leave();
    assertThat(giving(give(first)).orElseThrow().rejoin()).isFalse();
  }

  /** A join that arrives late is no reason to keep the lock. */
  @Test
  void l2AJoinThatArrivesBeforeTheHandOverDoesNotHinderIt() throws EtcdFailure {
    long token = active();
    yieldAndEnd(first);
    first.sidecarReads();
    TestingRequest give = give(first);
    ownPlace(LockCodec.queue(first.config.identity()), first.marks.marks().lease());
    first.handle(give, world.store);
    assertThat(holder()).isGreaterThan(token);
    assertThat(view().queue()).hasSize(1);
  }

  /** What somebody else writes at a holder's place must not keep it from giving the lock away. */
  @ParameterizedTest
  @ValueSource(strings = {"not ours", "{\"v\":2}", "{\"v\":1}"})
  void aForeignKeyAtTheOwnPlaceDoesNotHinderAHandOver(String value) throws EtcdFailure {
    active();
    ownPlace(value, 0);
    settle(first);
    yieldAndEnd(first);
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(view().queued(first.marks.marks().lease())).isPresent();
    assertThat(view().problems()).isEmpty();
  }

  @Test
  void aForeignKeyAtTheOwnPlaceDoesNotKeepAPodOutOfLine() throws EtcdFailure {
    active();
    long lease = second.marks.marks().lease();
    write(new Step.Write.Put(LockKeys.queue(lease), "not ours", 0));
    settle(second);
    assertThat(view().queued(lease)).isPresent();
    assertThat(view().problems()).isEmpty();
  }

  private void ownPlace(String value, long lease) throws EtcdFailure {
    write(new Step.Write.Put(LockKeys.queue(first.marks.marks().lease()), value, lease));
  }

  /** What etcd denied may have been the new place: another in line is let go first. */
  @Test
  void l10AReleaseAfterADenialTakesNoNewPlace() {
    active();
    yieldAndEnd(first);
    first.sidecarReads();
    TestingRequest denied = give(first);
    assertThat(giving(denied).orElseThrow().rejoin()).isTrue();
    first.forget(denied);
    first.core.stepFailed(
        ((Action.Perform) denied.action).step(), EtcdFailure.Kind.DENIED, "no", first.coarse());
    assertThat(giving(give(first)).orElseThrow().rejoin()).isFalse();
  }

  /** It is what goes through where nothing else does: it must not need a lease of our own. */
  @Test
  void aReleaseInsteadOfAHandOverPutsNothing() {
    active();
    yieldAndEnd(first);
    first.sidecarReads();
    TestingRequest give = give(first);
    first.forget(give);
    first.core.stepFailed(
        ((Action.Perform) give.action).step(), EtcdFailure.Kind.NO_LEASE, "no", first.coarse());
    Step release = ((Action.Perform) give(first).action).transaction();
    assertThat(release.writes()).hasSize(2).allMatch(Step.Write.Delete.class::isInstance);
  }

  /** The lease of who gives has ended: there is nothing to give, and nowhere to stand. */
  @Test
  void aHandOverWhoseOwnLeaseHasEndedBeginsANewSession() {
    active();
    long lease = first.marks.marks().lease();
    yieldAndEnd(first);
    first.sidecarReads();
    TestingRequest give = give(first);
    world.store.revoke(lease);
    first.handle(give, world.store);
    first.answer(give);
    for (int i = 0; i < 5; i++) {
      pass(SECOND / 2);
      settle(first, second);
    }
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(first.marks.marks().lease()).isNotEqualTo(lease);
    assertThat(view().queued(first.marks.marks().lease())).isPresent();
    assertThat(Optional.of(view().ledgers().get(0).lease())).contains(second.marks.marks().lease());
  }
}
