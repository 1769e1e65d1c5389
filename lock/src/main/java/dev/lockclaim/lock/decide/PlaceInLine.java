package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.view.Ledger;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.lock.view.Settings;
import java.util.Optional;

/** Standing in line: joins, waits, leaves, takes a slot that is free. */
final class PlaceInLine {
  /** A lease that lives on after its key: its holder will give it up, or it runs out. */
  static final long ASK_AGAIN_NANOS = 500_000_000L;

  private PlaceInLine() {}

  /** Decides. */
  static EtcdStep next(Situation now, long nanos) {
    LockView view = now.view();
    Optional<Queued> place = view.queued(now.lease());
    if (!wanted(now, nanos) || !Grants.of(now).isEmpty()) {
      return place.isPresent() && !now.leaseGone()
          ? new EtcdStep.Leave(place.get())
          : new EtcdStep.None();
    }
    if (place.isEmpty()) {
      return new EtcdStep.Join();
    }
    if (view.queue().getFirst().lease() != now.lease()) {
      return new EtcdStep.None();
    }
    Optional<Integer> slot = freeSlot(now, nanos);
    if (slot.isEmpty()) {
      return new EtcdStep.None();
    }
    Ledger ledger = view.ledgers().get(slot.get());
    return ledger == null || ledger.lease() == 0
        ? new EtcdStep.Grant(place.get(), slot.get())
        : afterVanished(now, ledger, place.get(), nanos);
  }

  /** Whether who gives its only grant away stands in line anew with that, not a request later. */
  static boolean afterGiving(Situation now, long nanos) {
    return wanted(now, nanos) && Grants.of(now).size() == 1;
  }

  private static boolean wanted(Situation now, long nanos) {
    return now.gatesReady()
        && now.running().isEmpty()
        && !now.leaving()
        && now.lease() != 0
        && !now.leaseGone()
        && now.restored().isEmpty()
        && nanos >= now.notBeforeNanos()
        && !now.view().unreadable(LockKeys.SETTINGS);
  }

  /**
   * A holder key goes with its lease. If it has gone without (somebody deleted it by hand), its
   * main has time to run that only the lease's end takes away.
   */
  private static EtcdStep afterVanished(Situation now, Ledger ledger, Queued place, long nanos) {
    LeaseWord word = now.leaseWords().get(ledger.lease());
    if (word != null && word.ended()) {
      return new EtcdStep.Grant(place, ledger.slot());
    }
    return word == null || nanos - word.askedNanos() >= ASK_AGAIN_NANOS
        ? new EtcdStep.AskLease(ledger.lease())
        : new EtcdStep.None();
  }

  /** A slot that the first in line may take now. */
  private static Optional<Integer> freeSlot(Situation now, long nanos) {
    LockView view = now.view();
    Settings settings = view.settings().orElse(null);
    // Holders above the slots count too: the settings may have been lowered under them.
    if (settings == null
        || settings.suspend()
        || settings.clusterId() != view.clusterId()
        || view.holders().size() >= settings.slots()) {
      return Optional.empty();
    }
    for (int slot = 0; slot < settings.slots(); slot++) {
      if (!view.holders().containsKey(slot) && nanos >= freeFrom(now, settings, slot)) {
        return Optional.of(slot);
      }
    }
    return Optional.empty();
  }

  /** A slot whose last holder vanished is left alone for the claim's delay, by the own clock. */
  static long freeFrom(Situation now, Settings settings, int slot) {
    var ledger = now.view().ledgers().get(slot);
    if (ledger == null) {
      return Long.MIN_VALUE;
    }
    Long seen = now.ledgerSeenNanos().get(ledger.modRevision());
    return seen == null ? Long.MAX_VALUE : seen + settings.delaySeconds() * 1_000_000_000L;
  }
}
