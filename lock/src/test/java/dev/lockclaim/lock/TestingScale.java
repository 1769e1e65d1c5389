package dev.lockclaim.lock;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How big, and how bad.
 *
 * @param slots at the beginning, and at the most
 * @param puts so many joins, grants and hand-overs
 * @param leases so many leases
 * @param ticks so many steps of time
 */
record TestingScale(
    int pods,
    int slots,
    int ttlSeconds,
    int graceSeconds,
    int delaySeconds,
    long ppm,
    List<Long> stepsNanos,
    Set<Fault> faults,
    int faultBudget,
    Set<Trait> traits,
    int puts,
    int leases,
    int ticks) {
  /** What may happen beside the good. */
  enum Fault {
    UNKNOWN_OUTCOME,
    REQUEST_LOST,
    SIDECAR_CRASH,
    GATE_KILLED,
    CONTAINER_ENDS,
    MAIN_EXITS,
    EXEC_FAILS,
    CLOCK_JUMPS,
    WATCH_BREAKS,
    SUSPEND,
    RESUME,
    SLOTS_LOWERED,
    SLOTS_RAISED,
    REQUEST,
    REQUEST_NAMED,
    YIELD,
    LEASE_REVOKED,
    HOLDER_DELETED,
    RESTORE
  }

  /** What a world is like. */
  enum Trait {
    /** All happens at once but transactions, watches, time and ends, and what is told here. */
    COARSE,
    /** Where all is coarse: renewals are as slow as transactions. */
    SLOW_RENEWALS,
    /** Where all is coarse: what sidecar and gate say to each other is on its way for a while. */
    SLOW_GATES,
    /** Where all is coarse: sidecars are late to see that time has passed. */
    PAUSES,
    /** Each fault happens once at the most. */
    ONCE_EACH,
    /** Somebody says when execve is done. */
    SLOW_EXEC,
    /** Gates end with their main when the lock is lost. */
    RESTART_ON_LOSS,
    /** The claim prefers pods of the newest revision. */
    PREFER_NEWEST,
    /** Etcd answers renewals of leases that it has ended. */
    OLD_ETCD
  }

  TestingScale(
      int pods,
      int slots,
      int ttlSeconds,
      int graceSeconds,
      int delaySeconds,
      long ppm,
      List<Long> stepsNanos,
      Set<Fault> faults,
      int faultBudget) {
    this(
        pods,
        slots,
        ttlSeconds,
        graceSeconds,
        delaySeconds,
        ppm,
        stepsNanos,
        faults,
        faultBudget,
        EnumSet.noneOf(Trait.class),
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE);
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }
}
