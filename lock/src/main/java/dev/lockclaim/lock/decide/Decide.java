package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.Loss;
import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.decide.Decision.MainStep;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Ledger;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.lock.view.Request;
import dev.lockclaim.lock.view.Settings;
import java.util.List;
import java.util.Optional;

/** What a candidate does next: a pure function of what it knows and the time. */
public final class Decide {
  /** A gate reconnects within 200 ms; one that does not within this time is taken for dead. */
  private static final long GATE_LOST_NANOS = 1_000_000_000L;

  /** A sidecar that takes a lease up waits this long for the first word of the gates. */
  private static final long TAKE_UP_NANOS = 5_000_000_000L;

  /** From RUN to the gate's word. */
  private static final long START_NANOS = 10_000_000_000L;

  /** A lease that lives on after its key: its holder will give it up, or it runs out. */
  private static final long ASK_AGAIN_NANOS = 500_000_000L;

  private static final long IDLE_NANOS = 1_000_000_000L;

  private Decide() {}

  /** Decides. */
  public static Decision next(Situation now, long nanos) {
    MainStep main = main(now, nanos);
    EtcdStep etcd = etcd(now, nanos);
    return new Decision(main, etcd, renew(now, nanos), wake(now, nanos), reason(now));
  }

  private static MainStep main(Situation now, long nanos) {
    if (now.running().isPresent()) {
      Running running = now.running().get();
      if (running.stopAsked()) {
        return new MainStep.None();
      }
      Optional<Loss> loss = loss(now, running.token());
      return loss.map(how -> how == Loss.ETCD_RESTORED ? now.restored().get() : how.sentence())
          .or(() -> stopReason(now, running, nanos))
          .<MainStep>map(why -> new MainStep.Stop(running.token(), loss, why))
          .orElseGet(MainStep.None::new);
    }
    return toRun(now, nanos).<MainStep>map(MainStep.Run::new).orElseGet(MainStep.None::new);
  }

  /** Key gone or somebody else's, lease gone, or another etcd: not an error or a slow reply. */
  private static Optional<Loss> loss(Situation now, long token) {
    if (now.restored().isPresent()) {
      return Optional.of(Loss.ETCD_RESTORED);
    }
    if (now.lease() == 0) {
      // Not connected since this process began: nobody knows yet, and the gate's deadline holds.
      return Optional.empty();
    }
    if (now.leaseGone()) {
      return Optional.of(Loss.LEASE_ENDED);
    }
    boolean held = own(now).stream().anyMatch(holder -> holder.token() == token);
    return held ? Optional.empty() : Optional.of(Loss.HOLDER_KEY_GONE);
  }

  private static Optional<String> stopReason(Situation now, Running running, long nanos) {
    if (running.token() <= now.released()) {
      return Optional.of("its token was given away already");
    }
    if (running.absent()) {
      return Optional.of("what a former sidecar process ran is gone, or was never run");
    }
    Optional<Holder> own = own(now).stream().filter(h -> h.token() == running.token()).findFirst();
    if (own.isEmpty()) {
      return Optional.empty(); // not connected yet
    }
    Holder holder = own.get();
    if (now.yieldToken() == running.token()) {
      return Optional.of("it was asked to yield");
    }
    Optional<String> settled = unwanted(now, holder);
    if (settled.isPresent()) {
      return settled;
    }
    if (requested(now, holder)) {
      return Optional.of("a hand-over was asked for");
    }
    if (!running.started() && nanos - running.sinceNanos() > START_NANOS) {
      return Optional.of("main was not started within 10 s");
    }
    return Optional.empty();
  }

  /** Why a holder is to be given away whatever main does, if it is. */
  private static Optional<String> unwanted(Situation now, Holder holder) {
    if (now.view().unreadable(LockKeys.holder(holder.slot()))) {
      // Its epoch is not known, so its token might not rise.
      return Optional.of("the grant in etcd cannot be read");
    }
    Optional<Settings> settings = now.view().settings();
    if (settings.isPresent() && settings.get().suspend()) {
      return Optional.of("the claim is suspended");
    }
    if (settings.isPresent() && holder.slot() >= settings.get().slots()) {
      return Optional.of("the claim has fewer slots now");
    }
    if (settings.isPresent() && settings.get().clusterId() != now.view().clusterId()) {
      return Optional.of("the settings are of another etcd cluster");
    }
    if (settings.isPresent() && holder.epoch() < settings.get().epoch()) {
      return Optional.of("a new epoch has begun");
    }
    if (own(now).getFirst().token() != holder.token()) {
      return Optional.of("another slot is held already");
    }
    return Optional.empty();
  }

  /**
   * The hand-over asked for is the longest holder's to make, once there is somebody to take it. Any
   * grant after the request answers it: with nobody there to take it away it would go on for ever.
   */
  private static boolean requested(Situation now, Holder holder) {
    Optional<Request> request = now.view().request();
    if (request.isEmpty()
        || now.view().holders().values().stream()
            .anyMatch(h -> h.modRevision() > request.get().modRevision())) {
      return false;
    }
    boolean longest =
        now.view().holders().values().stream().noneMatch(h -> h.token() < holder.token());
    return longest
        && now.view().queue().stream()
            .filter(candidate -> candidate.lease() != now.lease())
            .anyMatch(
                candidate ->
                    request.get().to().equals(Request.ANY)
                        || candidate.identity().pod().equals(request.get().to()));
  }

  private static Optional<Holder> toRun(Situation now, long nanos) {
    if (!now.gatesReady()
        || now.leaving()
        || now.leaseGone()
        || now.restored().isPresent()
        || nanos >= now.deadlines().termNanos()
        || now.deadlines().termNanos() <= now.lateTermNanos()) {
      return Optional.empty();
    }
    return own(now).stream().filter(holder -> !spent(now, holder)).findFirst();
  }

  /** One token is one start of main, and giving it away is one-way. */
  private static boolean spent(Situation now, Holder holder) {
    return holder.token() <= now.ran()
        || holder.token() <= now.released()
        || unwanted(now, holder).isPresent();
  }

  private static EtcdStep etcd(Situation now, long nanos) {
    boolean mayRun = now.running().isPresent();
    for (Holder holder : own(now)) {
      boolean itRuns = mayRun && now.running().get().token() == holder.token();
      if (!itRuns && (spent(now, holder) || !now.gatesReady() || now.leaving())) {
        return new EtcdStep.Give(holder, Successor.of(now, holder));
      }
    }
    if (!mayRun) {
      for (Ledger ledger : now.view().ledgers().values()) {
        if (isOver(now, ledger) && !now.view().holders().containsKey(ledger.slot())) {
          return new EtcdStep.ClearLedger(ledger.slot(), ledger.modRevision());
        }
      }
    }
    return line(now, nanos);
  }

  /** A grant whose end this pod can vouch for: it is given away, or its key was deleted by hand. */
  private static boolean isOver(Situation now, Ledger ledger) {
    return (now.released() != 0 && ledger.token() == now.released())
        || (now.lease() != 0 && ledger.lease() == now.lease());
  }

  private static EtcdStep line(Situation now, long nanos) {
    LockView view = now.view();
    Optional<Queued> place = view.queued(now.lease());
    boolean wanted =
        now.gatesReady()
            && now.running().isEmpty()
            && own(now).isEmpty()
            && !now.leaving()
            && now.lease() != 0
            && !now.leaseGone()
            && now.restored().isEmpty()
            && nanos >= now.notBeforeNanos()
            && !view.unreadable(LockKeys.SETTINGS);
    if (!wanted) {
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
  private static long freeFrom(Situation now, Settings settings, int slot) {
    var ledger = now.view().ledgers().get(slot);
    if (ledger == null) {
      return Long.MIN_VALUE;
    }
    Long seen = now.ledgerSeenNanos().get(ledger.modRevision());
    return seen == null ? Long.MAX_VALUE : seen + settings.delaySeconds() * 1_000_000_000L;
  }

  /** A lease whose main may run behind a gate that is gone is left to run out. */
  private static boolean renew(Situation now, long nanos) {
    if (now.running().isEmpty() || now.running().get().lostNanos() == 0) {
      return true;
    }
    Running running = now.running().get();
    long patience = running.takenUp() ? TAKE_UP_NANOS : GATE_LOST_NANOS;
    return nanos - running.lostNanos() < patience;
  }

  private static long wake(Situation now, long nanos) {
    long wake = nanos + IDLE_NANOS;
    if (now.notBeforeNanos() > nanos) {
      wake = Math.min(wake, now.notBeforeNanos());
    }
    for (LeaseWord word : now.leaseWords().values()) {
      wake = earlier(wake, word.ended() ? 0 : word.askedNanos() + ASK_AGAIN_NANOS, nanos);
    }
    if (now.running().isPresent() && !now.running().get().started()) {
      wake = earlier(wake, now.running().get().sinceNanos() + START_NANOS, nanos);
    }
    Settings settings = now.view().settings().orElse(null);
    if (settings != null) {
      for (var ledger : now.view().ledgers().values()) {
        long free = freeFrom(now, settings, ledger.slot());
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

  private static List<Holder> own(Situation now) {
    return now.lease() == 0 ? List.of() : now.view().heldBy(now.lease());
  }

  private static String reason(Situation now) {
    Settings settings = now.view().settings().orElse(null);
    if (now.restored().isPresent()) {
      return now.restored().get();
    }
    if (now.lease() == 0) {
      return "connecting to etcd";
    }
    if (now.view().unreadable(LockKeys.SETTINGS)) {
      return "the settings in etcd cannot be read by this sidecar: bring it to the operator's version";
    }
    if (settings == null) {
      return "no settings in etcd: nothing is granted until the operator has written them";
    }
    if (settings.clusterId() != now.view().clusterId()) {
      return "the settings are of another etcd cluster: nothing is granted until the operator has"
          + " begun a new epoch";
    }
    if (settings.suspend()) {
      return "the claim is suspended";
    }
    if (!now.gatesReady() && now.running().isEmpty()) {
      return "waiting for the gates of all containers";
    }
    return "";
  }
}
