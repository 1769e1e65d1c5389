package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.lock.view.Request;
import dev.lockclaim.lock.view.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Who gets a slot that its holder gives away. */
final class Successor {
  private Successor() {}

  static Optional<Queued> of(Situation now, Holder given) {
    LockView view = now.view();
    Settings settings = view.settings().orElse(null);
    if (settings == null
        || settings.suspend()
        || given.slot() >= settings.slots()
        || given.epoch() != settings.epoch()
        || settings.clusterId() != view.clusterId()
        || view.holders().size() > settings.slots()
        || now.restored().isPresent()) {
      return Optional.empty();
    }
    // Nobody is his own successor: a join that arrived late may stand in line.
    List<Queued> others = without(view.queue(), Set.of(now.lease()));
    Optional<Queued> named = wanted(now, given).flatMap(pod -> byPod(others, pod));
    if (named.isPresent()) {
      return named;
    }
    List<Queued> fresh = without(others, now.weak());
    if (fresh.isEmpty()) {
      return first(others);
    }
    if (settings.prefer().equals(Settings.NEWEST_REVISION)
        && !settings.newestRevision().isEmpty()) {
      Optional<Queued> newest =
          fresh.stream()
              .filter(c -> c.identity().revision().equals(settings.newestRevision()))
              .findFirst();
      if (newest.isPresent()) {
        return newest;
      }
    }
    return first(fresh);
  }

  private static List<Queued> without(List<Queued> candidates, Set<Long> leases) {
    if (leases.isEmpty()) {
      return candidates;
    }
    List<Queued> others = new ArrayList<>(candidates.size());
    for (Queued candidate : candidates) {
      if (!leases.contains(candidate.lease())) {
        others.add(candidate);
      }
    }
    return others;
  }

  private static Optional<Queued> first(List<Queued> candidates) {
    return candidates.isEmpty() ? Optional.empty() : Optional.of(candidates.getFirst());
  }

  private static Optional<String> wanted(Situation now, Holder given) {
    if (now.yieldToken() == given.token() && now.yieldTo().isPresent()) {
      return now.yieldTo();
    }
    // Who was granted later answers the request, and is not bound by it: it may stand there for as
    // long as the operator is down.
    return now.view()
        .request()
        .filter(request -> request.modRevision() > given.modRevision())
        .map(Request::to)
        .filter(to -> !to.equals(Request.ANY));
  }

  private static Optional<Queued> byPod(List<Queued> candidates, String pod) {
    return candidates.stream().filter(c -> c.identity().pod().equals(pod)).findFirst();
  }
}
