package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Watches that end or fall silent, renewals that prove nothing, and an etcd that was restored. */
final class CoreEtcdTest extends CoreScene {
  @Test
  void t6TheEndOfAWatchIsReadAround() {
    active();
    second.breakWatch();
    yieldAndEnd(first);
    settle(first); // second is the holder, and nobody tells it
    pass(SECOND / 4); // a watch that has only just been opened is not read around at once
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(second.watch.isOpen()).isTrue();
  }

  @Test
  void l4ASilentWatchIsReadAroundAfterThreeRenewals() {
    active();
    second.watch.silence();
    long token = first.gate.token;
    yieldAndEnd(first);
    settle(first);
    assertThat(holder()).isGreaterThan(token);
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
    pass(3 * SECOND + SECOND / 10);
    renew(second);
    settle(second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  @Test
  void t13C8H10ARenewalWhoseReadShowsAnotherHolderIsALoss() {
    active();
    long lease = first.marks.marks().lease();
    world.store.revoke(lease);
    settle(second); // the next one holds
    first.turn();
    first.core.renewed(
        lease,
        first.coarse(),
        new Renewed(5, world.store.clusterId()), // a false one
        Optional.of(world.store.snapshot()));
    first.turn();
    assertThat(first.status().state()).isEqualTo(CandidateStatus.State.LOST);
  }

  @Test
  void t15TheTimesAreThoseOfTheTtlThatEtcdGranted() {
    active();
    long sent = first.coarse();
    first.core.renewed(
        first.marks.marks().lease(),
        sent,
        new Renewed(30, world.store.clusterId()),
        Optional.empty());
    first.turn();
    assertThat(first.status().deadlines()).isEqualTo(Timing.ofSeconds(30, 1).after(sent));
  }

  @Test
  void c7H6AWaitingCandidateKnowsARestoredEtcdByTheHighestRevisionThatItHasSeen()
      throws EtcdFailure {
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
    assertThat(second.status().trouble()).contains("restored");
    pass(30 * SECOND);
    settle(second);
    assertThat(second.status().trouble()).contains("restored");
    assertThat(view().queued(second.marks.marks().lease())).isEmpty();
  }

  @Test
  void h6ARenewalAnsweredByARestoredEtcdIsNone() {
    active();
    final Deadlines before = first.status().deadlines();
    world.store = world.store.restored(world.store.clusterId() + 1, world.now);
    pass(SECOND);
    first.turn();
    first.sendRenewal();
    TestingRequest renewal =
        first.awaited().stream().filter(TestingRequest::isRenewal).findFirst().orElseThrow();
    first.handle(renewal, world.store);
    first.answer(renewal);
    first.turn();
    assertThat(first.status().deadlines()).isEqualTo(before);
    assertThat(first.status().state()).isEqualTo(CandidateStatus.State.LOST);
  }

  @Test
  void c7H6ASidecarThatStartsOnARestoredEtcdTakesNoLeaseUp() {
    active();
    TestingStore backup = world.store.copy();
    first.crashSidecar();
    world.store = backup.restored(backup.clusterId() + 1, world.now);
    first.startSidecar();
    first.connectGate();
    settle(first);
    assertThat(first.status().trouble()).contains("restored");
    assertThat(first.gate.state).isEqualTo(TestingGate.State.ENDING);
  }

  @Test
  void whatIsLostIsKilledAtOnce() throws EtcdFailure {
    active();
    write(new Step.Write.Delete(LockKeys.holder(0)));
    first.hear(world.store);
    first.turn();
    assertThat(first.last.actions())
        .filteredOn(Action.Stop.class::isInstance)
        .singleElement()
        .isInstanceOfSatisfying(
            Action.Stop.class, stop -> assertThat(stop.graceSeconds()).isZero());
  }

  @Test
  void aRenewalNeverMovesTheDeadlinesBack() {
    active();
    pass(SECOND);
    renew(first);
    final Deadlines before = first.status().deadlines();
    first.core.renewed(
        first.marks.marks().lease(),
        first.coarse() - SECOND,
        new Renewed(5, world.store.clusterId()),
        Optional.empty());
    first.turn();
    assertThat(first.status().deadlines()).isEqualTo(before);
  }
}
