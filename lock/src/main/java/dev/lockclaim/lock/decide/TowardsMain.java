package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.Loss;
import dev.lockclaim.lock.decide.Decision.MainStep;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Request;
import java.util.Optional;

/** Whether main is to run, or to stop. */
final class TowardsMain {
  /** From RUN to the gate's word. */
  static final long START_NANOS = 10_000_000_000L;

  private TowardsMain() {}

  /** Decides. */
  static MainStep next(Situation now, long nanos) {
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
    return Grants.byToken(now, token).isPresent()
        ? Optional.empty()
        : Optional.of(Loss.HOLDER_KEY_GONE);
  }

  private static Optional<String> stopReason(Situation now, Running running, long nanos) {
    if (running.token() <= now.released()) {
      return Optional.of("its token was given away already");
    }
    if (running.absent()) {
      return Optional.of("what a former sidecar process ran is gone, or was never run");
    }
    Optional<Holder> own = Grants.byToken(now, running.token());
    if (own.isEmpty()) {
      return Optional.empty(); // not connected yet
    }
    Holder holder = own.get();
    if (now.yieldToken() == running.token()) {
      return Optional.of("it was asked to yield");
    }
    Optional<String> settled = Grants.unwanted(now, holder);
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
    for (Holder holder : Grants.of(now)) {
      if (!Grants.spent(now, holder)) {
        return Optional.of(holder);
      }
    }
    return Optional.empty();
  }
}
