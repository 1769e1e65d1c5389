package dev.lockclaim.chaos.plan;

/** What is done. */
public enum Action {
  /** SIGKILL; what runs it starts it anew after the fault's time. */
  KILL,
  /** SIGTERM, and started anew after the fault's time. */
  TERMINATE,
  /** SIGSTOP, and SIGCONT after the fault's time. */
  FREEZE,
  /** Stopped for 80 of every 100 ms: a slow disk and a slow processor at once. */
  SLOW,
  /** Hardly any disk writes a second. */
  SLOW_DISK,
  /** No packets in or out, and nobody is told. */
  CUT,
  /** No packets in. */
  DEAFEN,
  /** No packets out. */
  MUTE,
  /** Connections are reset, both ways. */
  RESET,
  /** No packets to or from the other members of etcd; clients reach it as before. */
  ISOLATE,
  /** A small CPU quota. */
  STARVE,
  MOVE_LEADER,
  COMPACT,
  DEFRAGMENT,
  /** Fills etcd until it takes no more writes; mends that after the fault's time. */
  FILL,
  /** Ends and starts the members one after the other. */
  ROLL,
  /** New certificates by a new authority. */
  ROTATE_TLS,
  /** Makes every token for etcd's users stale. */
  EXPIRE_TOKENS,
  /** A hand-over is asked for. */
  HAND_OVER,
  /** Deletes the place in line of a candidate. */
  REMOVE_PLACE,
  /** Revokes the lease of a candidate that stands in line. */
  REVOKE_WAITING,
  /** Revokes the holder's lease, with a delay set that covers it. */
  REVOKE_HOLDER,
  /** Deletes the holder's key, with a delay set that covers it. */
  DELETE_HOLDER,
  /** Puts back a copy of etcd's data from before; then does the operator's part. */
  RESTORE
}
