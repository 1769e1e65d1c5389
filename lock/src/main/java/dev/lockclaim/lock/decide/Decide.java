package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Ledger;
import dev.lockclaim.lock.view.Settings;

/** What a candidate does next: a pure function of what it knows and the time. */
public final class Decide {
  /** A gate reconnects within 200 ms; one that does not within this time is taken for dead. */
  private static final long GATE_LOST_NANOS = 1_000_000_000L;

  /** A sidecar that takes a lease up waits this long for the first word of the gates. */
  private static final long TAKE_UP_NANOS = 5_000_000_000L;

  private static final long IDLE_NANOS = 1_000_000_000L;

  private Decide() {}

  /** Decides. */
  public static Decision next(Situation now, long nanos) {
    return new Decision(
        TowardsMain.next(now, nanos),
        etcd(now, nanos),
        renew(now, nanos),
        wake(now, nanos),
        Reason.of(now));
  }

  private static EtcdStep etcd(Situation now, long nanos) {
    boolean mayRun = now.running().isPresent();
    for (Holder holder : Grants.of(now)) {
      boolean itRuns = mayRun && now.running().get().token() == holder.token();
      if (!itRuns && (Grants.spent(now, holder) || !now.gatesReady() || now.leaving())) {
        return new EtcdStep.Give(
            holder, Successor.of(now, holder), PlaceInLine.afterGiving(now, nanos));
      }
    }
    if (!mayRun) {
      for (Ledger ledger : now.view().ledgers().values()) {
        if (isOver(now, ledger) && !now.view().holders().containsKey(ledger.slot())) {
          return new EtcdStep.ClearLedger(ledger.slot(), ledger.modRevision());
        }
      }
    }
    return PlaceInLine.next(now, nanos);
  }

  /** A grant whose end this pod can vouch for: it is given away, or its key was deleted by hand. */
  private static boolean isOver(Situation now, Ledger ledger) {
    return (now.released() != 0 && ledger.token() == now.released())
        || (now.lease() != 0 && ledger.lease() == now.lease());
  }

  /** A lease whose main may run behind a gate that is gone is left to run out. */
  private static boolean renew(Situation now, long nanos) {
    return now.running().isEmpty()
        || now.running().get().lostNanos() == 0
        || nanos < patienceEnds(now.running().get());
  }

  private static long patienceEnds(Running running) {
    return running.lostNanos() + (running.takenUp() ? TAKE_UP_NANOS : GATE_LOST_NANOS);
  }

  private static long wake(Situation now, long nanos) {
    long wake = nanos + IDLE_NANOS;
    if (now.notBeforeNanos() > nanos) {
      wake = Math.min(wake, now.notBeforeNanos());
    }
    for (LeaseWord word : now.leaseWords().values()) {
      wake =
          earlier(wake, word.ended() ? 0 : word.askedNanos() + PlaceInLine.ASK_AGAIN_NANOS, nanos);
    }
    if (now.running().isPresent() && !now.running().get().started()) {
      wake = earlier(wake, now.running().get().sinceNanos() + TowardsMain.START_NANOS, nanos);
    }
    if (now.running().isPresent() && now.running().get().lostNanos() != 0) {
      wake = earlier(wake, patienceEnds(now.running().get()), nanos);
    }
    Settings settings = now.view().settings().orElse(null);
    if (settings != null) {
      for (var ledger : now.view().ledgers().values()) {
        long free = PlaceInLine.freeFrom(now, settings, ledger.slot());
        if (free > nanos && free != Long.MAX_VALUE) {
          wake = Math.min(wake, free);
        }
      }
    }
    return wake;
  }

  /** What is past was looked at in this decision. */
  private static long earlier(long wake, long other, long nanos) {
    return other > nanos ? Math.min(wake, other) : wake;
  }
}
