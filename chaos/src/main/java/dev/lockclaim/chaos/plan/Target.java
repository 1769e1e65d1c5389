package dev.lockclaim.chaos.plan;

/** To whom it is done; who that is shows when it is done. */
public enum Target {
  NOBODY,
  LEADER,
  FOLLOWER,
  TWO_MEMBERS,
  ALL_MEMBERS,
  /** The machine of the candidate whose main is active; for the network and the quota. */
  HOLDER,
  HOLDER_SIDECAR,
  /** PID 1 of the holder's namespace. */
  HOLDER_GATE,
  HOLDER_MAIN,
  /** Both; where a kubelet would, the sidecar is started anew at once and the gate is not. */
  HOLDER_SIDECAR_AND_GATE,
  STANDBY,
  STANDBY_SIDECAR,
  STANDBY_GATE
}
