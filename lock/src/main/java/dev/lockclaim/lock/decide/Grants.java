package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Settings;
import java.util.List;
import java.util.Optional;

/** The grants of a candidate: what its own lease holds. */
final class Grants {
  private Grants() {}

  /** All of them; none without a lease. */
  static List<Holder> of(Situation now) {
    return now.lease() == 0 ? List.of() : now.view().heldBy(now.lease());
  }

  /** The grant of this very token; empty when the lease does not hold it. */
  static Optional<Holder> byToken(Situation now, long token) {
    for (Holder holder : of(now)) {
      if (holder.token() == token) {
        return Optional.of(holder);
      }
    }
    return Optional.empty();
  }

  /** Why a holder is to be given away whatever main does, if it is. */
  static Optional<String> unwanted(Situation now, Holder holder) {
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
    if (of(now).getFirst().token() != holder.token()) {
      return Optional.of("another slot is held already");
    }
    return Optional.empty();
  }

  /** One token is one start of main, and giving it away is one-way. */
  static boolean spent(Situation now, Holder holder) {
    return holder.token() <= now.ran()
        || holder.token() <= now.released()
        || unwanted(now, holder).isPresent();
  }
}
