package dev.lockclaim.lock.decide;

import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Settings;

/** Why a candidate that is in good order does not hold, in words for people. */
final class Reason {
  private Reason() {}

  /** Empty when there is nothing to say. */
  static String of(Situation now) {
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
