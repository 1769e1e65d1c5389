package dev.lockclaim.sidecar.metrics;

import java.util.Locale;

/** Why a pod lost the lock while main ran; the values of a label, so they are few and stay. */
public enum LossReason {
  /** The lease was not renewed in time, so a gate ended main by itself. */
  DEADLINE,
  /** The lease has run out in etcd, or was revoked. */
  LEASE_ENDED,
  /** The holder key was deleted, or is somebody else's. */
  HOLDER_KEY_GONE,
  /** etcd was restored from a backup or replaced. */
  ETCD_RESTORED;

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
