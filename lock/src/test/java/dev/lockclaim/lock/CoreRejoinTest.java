package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import java.util.Optional;
import org.junit.jupiter.api.Test;

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
    int before = first.requests.size();
    settle(first);
    assertThat(first.requests).hasSizeLessThanOrEqualTo(before);
    assertThat(view().queued(lease)).isPresent();
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
    assertThat(giving(give(first)).orElseThrow().rejoin()).isFalse();
  }

  @Test
  void aPodThatLeavesDoesNotStandInLineAnew() {
    active();
    yieldAndEnd(first);
    first.sidecarReads();
    first.core.leave();
    assertThat(giving(give(first)).orElseThrow().rejoin()).isFalse();
  }

  /** Else its place would be as old as the one that arrived late. */
  @Test
  void l2AJoinThatArrivesBeforeTheHandOverIsNotTheNewPlace() throws EtcdFailure {
    long token = active();
    long lease = first.marks.marks().lease();
    yieldAndEnd(first);
    first.sidecarReads();
    TestingRequest give = give(first);
    Step.Write late =
        new Step.Write.Put(LockKeys.queue(lease), LockCodec.queue(first.config.identity()), lease);
    write(late);
    first.handle(give, world.store);
    assertThat(holder()).isEqualTo(token);
    first.answer(give);
    settleSidecar(first);
    assertThat(holder()).isGreaterThan(token);
    assertThat(view().holders().get(0).lease()).isEqualTo(second.marks.marks().lease());
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
