package dev.lockclaim.chaos.plan;

import static dev.lockclaim.chaos.plan.Effect.ENDS;
import static dev.lockclaim.chaos.plan.Effect.MAY_END;
import static dev.lockclaim.chaos.plan.Effect.NOTHING;

import java.util.ArrayList;
import java.util.List;

/** All kinds of faults, for a lease's times. */
public final class Catalogue {
  /** A hand-over is two messages between processes; the rest is room for a busy machine. */
  private static final long HAND_OVER_MILLIS = 1000;

  private Catalogue() {}

  /** What comes alone, with what it may do. */
  public static List<Case> alone(Times times) {
    List<Case> cases = new ArrayList<>(outagesShortOfTheDeadline(times));
    cases.addAll(ends(times));
    return cases;
  }

  /** Nothing of this stops a main or changes a token. */
  private static List<Case> outagesShortOfTheDeadline(Times times) {
    long ridden = times.outageMillis() * 3 / 4;
    long any = times.ttlMillis() + 2000;
    List<Case> cases = new ArrayList<>();
    for (Target member : List.of(Target.LEADER, Target.FOLLOWER)) {
      for (Action action :
          List.of(
              Action.KILL,
              Action.FREEZE,
              Action.SLOW,
              Action.SLOW_DISK,
              Action.CUT,
              Action.DEAFEN,
              Action.MUTE,
              Action.RESET,
              Action.ISOLATE)) {
        boolean stillLeader = action == Action.FREEZE && member == Target.LEADER;
        cases.add(nothing(action, member, 1000, stillLeader ? times.leaderPauseMillis() : any));
      }
    }
    for (Action action :
        List.of(
            Action.MOVE_LEADER,
            Action.COMPACT,
            Action.DEFRAGMENT,
            Action.ROLL,
            Action.ROTATE_TLS,
            Action.EXPIRE_TOKENS,
            Action.REMOVE_PLACE,
            Action.REVOKE_WAITING)) {
      cases.add(nothing(action, Target.NOBODY, 0, 0));
    }
    cases.add(nothing(Action.FILL, Target.NOBODY, 2000, any));
    cases.add(nothing(Action.SLOW_DISK, Target.ALL_MEMBERS, 1000, any));
    cases.add(briefly(Action.FREEZE, Target.ALL_MEMBERS, ridden));
    cases.add(briefly(Action.FREEZE, Target.TWO_MEMBERS, ridden));
    cases.add(briefly(Action.ISOLATE, Target.TWO_MEMBERS, ridden));
    cases.add(briefly(Action.CUT, Target.HOLDER, ridden));
    cases.add(briefly(Action.RESET, Target.HOLDER, ridden));
    cases.add(briefly(Action.FREEZE, Target.HOLDER_SIDECAR, ridden));
    cases.add(briefly(Action.FREEZE, Target.HOLDER_GATE, ridden));
    cases.add(nothing(Action.FREEZE, Target.HOLDER_MAIN, 1000, any));
    cases.add(nothing(Action.STARVE, Target.HOLDER, 2000, any));
    for (Action action : List.of(Action.KILL, Action.FREEZE)) {
      cases.add(nothing(action, Target.STANDBY_SIDECAR, 500, any));
      cases.add(nothing(action, Target.STANDBY_GATE, 500, any));
    }
    cases.add(nothing(Action.CUT, Target.STANDBY, 1000, any));
    return cases;
  }

  private static List<Case> ends(Times times) {
    long beyond = times.ttlMillis() + 1000;
    long longer = times.ttlMillis() + 4000;
    String expired = "TTL + 0.5 s (etcd's poll) - TERM: main ran on until then";
    List<Case> cases = new ArrayList<>();
    String cut = expired + "; the last renewal may have arrived without an answer: + renew";
    cases.add(ends(Action.MUTE, Target.HOLDER, beyond, longer, times.expiredMillis(), expired));
    for (Action action : List.of(Action.CUT, Action.RESET)) {
      cases.add(ends(action, Target.HOLDER, beyond, longer, times.cutMillis(), cut));
    }
    cases.add(
        ends(
            Action.DEAFEN,
            Target.HOLDER,
            beyond,
            longer,
            times.unansweredMillis(),
            expired + "; the next renewal and its repetition still arrive: + renew + retry"));
    cases.add(ends(Action.FREEZE, Target.HOLDER_SIDECAR, beyond, longer, times.cutMillis(), cut));
    long idle = longer - times.termMillis() + times.recoveredMillis();
    String outage = "outage - TERM + election + 2 TTL + 1 s (etcd's extension) + poll";
    for (Action action : List.of(Action.FREEZE, Action.KILL)) {
      for (Target target : List.of(Target.ALL_MEMBERS, Target.TWO_MEMBERS)) {
        cases.add(ends(action, target, beyond, longer, idle, outage));
      }
    }
    cases.add(ends(Action.ISOLATE, Target.TWO_MEMBERS, beyond, longer, idle, outage));
    cases.add(
        ends(
            Action.KILL,
            Target.HOLDER_GATE,
            500,
            times.gateLostMillis() + 1000,
            times.gateLostMillis(),
            "1 s (does the gate come back?) + TTL + 0.5 s (etcd's poll)"));
    // Every gate here has an outer process, as that of lockclaim run has: it kills main then.
    cases.add(
        ends(
            Action.FREEZE,
            Target.HOLDER_GATE,
            beyond,
            longer,
            times.gateLostMillis(),
            "1 s (does the gate come back?) + TTL + 0.5 s (etcd's poll): killed 0.15 s after KILL"));
    cases.add(
        ends(
            Action.KILL,
            Target.HOLDER_SIDECAR_AND_GATE,
            times.takenUpInVainMillis() + 1000,
            times.takenUpInVainMillis() + 2000,
            times.takenUpInVainMillis(),
            "2 s (the sidecar comes back) + 5 s (does the gate?) + TTL + 0.5 s (etcd's poll)"));
    String graceful = "a hand-over; 1 s for a busy machine";
    cases.add(ends(Action.KILL, Target.HOLDER_MAIN, 0, 0, HAND_OVER_MILLIS, graceful));
    cases.add(ends(Action.TERMINATE, Target.HOLDER_GATE, 0, 0, HAND_OVER_MILLIS, graceful));
    cases.add(ends(Action.HAND_OVER, Target.NOBODY, 0, 0, HAND_OVER_MILLIS, graceful));
    String killed = "TTL + 0.5 s (etcd's poll)";
    cases.add(mayEnd(Action.KILL, times.vanishedMillis(), killed));
    cases.add(mayEnd(Action.TERMINATE, times.vanishedMillis(), killed));
    String delayed = "the claim's delay (TTL + 2 s) + a renewal";
    long delayMillis = times.ttlMillis() + 2000 + times.ttlMillis() / 5;
    for (Action action : List.of(Action.DELETE_HOLDER, Action.REVOKE_HOLDER)) {
      cases.add(ends(action, Target.NOBODY, 0, 0, delayMillis + HAND_OVER_MILLIS, delayed));
    }
    cases.add(
        ends(
            Action.RESTORE,
            Target.NOBODY,
            0,
            0,
            3 * times.ttlMillis() + times.recoveredMillis(),
            "the operator's wait (TTL + grace) + restarts + election + 2 TTL + 1 s + poll"));
    return cases;
  }

  /** What comes in storms, each as often as it is to come. Nothing here is beyond the promise. */
  public static List<Case> storm(Times times) {
    long beyond = times.ttlMillis() + 2000;
    List<Case> cases = new ArrayList<>();
    for (Target member : List.of(Target.LEADER, Target.LEADER, Target.FOLLOWER)) {
      for (Action action :
          List.of(
              Action.KILL,
              Action.FREEZE,
              Action.CUT,
              Action.DEAFEN,
              Action.MUTE,
              Action.RESET,
              Action.ISOLATE,
              Action.SLOW)) {
        cases.add(any(action, member, 300, 4000));
      }
    }
    // Mains that end and are followed at once are where an overlap would show most often.
    for (Target target :
        List.of(
            Target.HOLDER_SIDECAR,
            Target.HOLDER_GATE,
            Target.HOLDER_MAIN,
            Target.HOLDER_MAIN,
            Target.HOLDER_MAIN,
            Target.STANDBY_SIDECAR,
            Target.STANDBY_GATE)) {
      cases.add(any(Action.KILL, target, 0, 2000));
      cases.add(any(Action.TERMINATE, target, 0, 1000));
    }
    for (Target target :
        List.of(Target.HOLDER_SIDECAR, Target.HOLDER_SIDECAR, Target.STANDBY_SIDECAR)) {
      cases.add(any(Action.FREEZE, target, 200, beyond));
    }
    cases.add(any(Action.FREEZE, Target.HOLDER_MAIN, 100, beyond));
    // Short of what the promise gives to scheduling: a gate that stands still longer kills late.
    cases.add(any(Action.FREEZE, Target.HOLDER_GATE, 20, 150));
    cases.add(any(Action.FREEZE, Target.STANDBY_GATE, 20, 150));
    for (Target target : List.of(Target.HOLDER, Target.HOLDER, Target.STANDBY)) {
      for (Action action : List.of(Action.CUT, Action.DEAFEN, Action.MUTE, Action.RESET)) {
        cases.add(any(action, target, 300, beyond));
      }
    }
    cases.add(any(Action.FREEZE, Target.ALL_MEMBERS, 300, 3000));
    cases.add(any(Action.FREEZE, Target.TWO_MEMBERS, 300, 3000));
    cases.add(any(Action.SLOW_DISK, Target.ALL_MEMBERS, 500, 4000));
    cases.add(any(Action.STARVE, Target.HOLDER, 500, 4000));
    for (Action action :
        List.of(
            Action.MOVE_LEADER,
            Action.MOVE_LEADER,
            Action.COMPACT,
            Action.COMPACT,
            Action.DEFRAGMENT,
            Action.HAND_OVER,
            Action.HAND_OVER,
            Action.HAND_OVER,
            Action.HAND_OVER,
            Action.HAND_OVER,
            Action.HAND_OVER,
            Action.ROTATE_TLS,
            Action.EXPIRE_TOKENS,
            Action.REMOVE_PLACE)) {
      cases.add(any(action, Target.NOBODY, 0, 0));
    }
    return cases;
  }

  private static Case nothing(Action action, Target target, long least, long most) {
    return new Case(action, target, NOTHING, false, least, most, 0, "nothing happens");
  }

  /** Half of what is ridden out, to three quarters of it. */
  private static Case briefly(Action action, Target target, long mostMillis) {
    return new Case(
        action, target, NOTHING, true, mostMillis / 2, mostMillis, 0, "nothing happens");
  }

  private static Case ends(
      Action action, Target target, long least, long most, long idle, String arithmetic) {
    return new Case(action, target, ENDS, false, least, most, idle, arithmetic);
  }

  /** A sidecar of a pod comes back and takes its lease up; one of lockclaim run does not. */
  private static Case mayEnd(Action action, long idle, String arithmetic) {
    return new Case(action, Target.HOLDER_SIDECAR, MAY_END, false, 0, 500, idle, arithmetic);
  }

  private static Case any(Action action, Target target, long least, long most) {
    return new Case(action, target, MAY_END, false, least, most, 0, "");
  }
}
