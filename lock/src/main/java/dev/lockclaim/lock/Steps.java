package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.Step.Compare;
import dev.lockclaim.lock.etcd.Step.Write;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.lock.view.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The transactions of the lock: each compares all that its decision rests on. */
final class Steps {
  private Steps() {}

  static Step of(EtcdStep step, LockView view, long lease, Identity self, long wallMillis) {
    return switch (step) {
      case EtcdStep.None(), EtcdStep.AskLease(long _) ->
          throw new IllegalArgumentException(step + " is no transaction");
      case EtcdStep.Join() -> joining(new Step(List.of(), List.of()), lease, self);
      case EtcdStep.Leave(Queued own) ->
          new Step(
              List.of(new Compare.Created(LockKeys.queue(lease), own.createRevision())),
              List.of(new Write.Delete(LockKeys.queue(lease))));
      case EtcdStep.Grant(Queued own, int slot) ->
          taking(
              List.of(new Compare.Modified(LockKeys.holder(slot), 0)),
              slot,
              own,
              self,
              view,
              wallMillis,
              Holder.VIA_QUEUE);
      case EtcdStep.Give(Holder holder, Optional<Queued> successor, boolean rejoin) -> {
        Step giving =
            successor
                .map(next -> handOver(holder, next, view, wallMillis))
                .orElseGet(() -> release(holder));
        yield rejoin ? joining(giving, lease, self) : giving;
      }
      case EtcdStep.ClearLedger(int slot, long modRevision) ->
          new Step(
              List.of(
                  new Compare.Modified(LockKeys.holder(slot), 0),
                  new Compare.Modified(LockKeys.ledger(slot), modRevision)),
              List.of(new Write.Delete(LockKeys.ledger(slot))));
    };
  }

  /**
   * Takes a place in line, with what else is to be done. Whether there is a key is not compared:
   * what somebody else has written there, or a join that arrived late, must not keep us out of
   * line, or keep what else is to be done from being done. The place is then as old as that key.
   */
  private static Step joining(Step step, long lease, Identity self) {
    List<Write> writes = new ArrayList<>(step.writes());
    writes.add(new Write.Put(LockKeys.queue(lease), LockCodec.queue(self), lease));
    return new Step(step.compares(), writes);
  }

  private static Step release(Holder holder) {
    return new Step(
        List.of(held(holder)),
        List.of(
            new Write.Delete(LockKeys.holder(holder.slot())),
            new Write.Delete(LockKeys.ledger(holder.slot()))));
  }

  private static Step handOver(Holder holder, Queued successor, LockView view, long wallMillis) {
    return taking(
        List.of(held(holder)),
        holder.slot(),
        successor,
        successor.identity(),
        view,
        wallMillis,
        Holder.VIA_HANDOVER);
  }

  private static Compare held(Holder holder) {
    return new Compare.Modified(LockKeys.holder(holder.slot()), holder.modRevision());
  }

  private static Step taking(
      List<Compare> slotAsSeen,
      int slot,
      Queued who,
      Identity identity,
      LockView view,
      long wallMillis,
      String via) {
    Settings settings = view.settings().orElseThrow();
    List<Compare> compares = new ArrayList<>(slotAsSeen);
    compares.add(new Compare.Created(LockKeys.queue(who.lease()), who.createRevision()));
    compares.add(new Compare.Modified(LockKeys.SETTINGS, settings.modRevision()));
    String holder = LockCodec.holder(identity, who.lease(), settings.epoch(), wallMillis, via);
    return new Step(
        compares,
        List.of(
            new Write.Put(LockKeys.holder(slot), holder, who.lease()),
            new Write.Put(
                LockKeys.ledger(slot),
                LockCodec.ledger(identity, who.lease(), settings.epoch()),
                0),
            new Write.Delete(LockKeys.queue(who.lease()))));
  }

  /** Settings where there is no operator, if there are none. */
  static Step defaults(int slots, long clusterId) {
    return new Step(
        List.of(new Compare.Created(LockKeys.SETTINGS, 0)),
        List.of(
            new Write.Put(
                LockKeys.SETTINGS, LockCodec.settings(Settings.defaults(slots, clusterId)), 0)));
  }
}
