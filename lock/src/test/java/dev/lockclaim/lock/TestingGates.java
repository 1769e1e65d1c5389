package dev.lockclaim.lock;

import java.util.function.Consumer;

/**
 * The sidecar's side of the gate protocol for a pod of one container: what a gate says becomes
 * words to the core, what the core decides becomes lines. The sidecar's own GateSet does it for
 * many containers, and has tests of its own.
 */
final class TestingGates {
  private enum Phase {
    UNKNOWN,
    WAITING,
    BUSY,
    LEAVING
  }

  private enum Part {
    PENDING,
    UP,
    GOING_DOWN
  }

  /** Where lines go, and words. */
  interface Pod {
    void send(TestingLine line);

    void tell(Consumer<CandidateCore> word);

    /** Main is on its way out. */
    void stopping();

    int sidecar();

    long graceNanos();
  }

  /** The token that runs or may run, 0 for none. */
  long mission;

  private boolean connected;
  private int instance;
  private Phase phase = Phase.UNKNOWN;
  private Part part = Part.PENDING;
  private boolean halted;
  private boolean haltAsked;
  private long haltGraceNanos;
  private boolean saidStarted;
  private boolean saidReady;
  private long over;
  private Deadlines times; // of the mission, null when they are not known
  private long knownToken;
  private Deadlines known;

  TestingGates copy() {
    TestingGates copy = new TestingGates();
    copy.mission = mission;
    copy.connected = connected;
    copy.instance = instance;
    copy.phase = phase;
    copy.part = part;
    copy.halted = halted;
    copy.haltAsked = haltAsked;
    copy.haltGraceNanos = haltGraceNanos;
    copy.saidStarted = saidStarted;
    copy.saidReady = saidReady;
    copy.over = over;
    copy.times = times;
    copy.knownToken = knownToken;
    copy.known = known;
    return copy;
  }

  void tell(TestingFingerprint print) {
    print.add(mission);
    print.add(instance);
    print.value(phase);
    print.add(over);
    print.add((connected ? 1 : 0) + (saidReady ? 2 : 0));
    if (mission != 0) {
      print.value(part);
      print.add((halted ? 1 : 0) + (haltAsked ? 2 : 0) + (saidStarted ? 4 : 0));
      print.add(haltGraceNanos);
      print.value(times);
    }
    if (knownToken > over) { // else it is not asked any more
      print.add(knownToken);
      print.value(known);
    }
  }

  /** The token that is being stopped, 0 for none. */
  long stopWanted() {
    return halted ? mission : 0;
  }

  // ---- what the gate says

  void hear(TestingLine line, Pod pod) {
    switch (line) {
      case TestingLine.Here here -> here(here, pod);
      case TestingLine.Started(long token) -> {
        phase = Phase.BUSY;
        adopt(token);
        if (token == mission) {
          part = Part.UP;
        } else {
          pod.send(new TestingLine.Stop(token, pod.graceNanos()));
        }
      }
      case TestingLine.Refused(long token, Refusal why) -> {
        if (why == Refusal.STOPPING || why == Refusal.EXEC) {
          phase = Phase.LEAVING;
        }
        if (mission != 0 && token == mission) {
          refused(why, pod);
          return;
        }
      }
      case TestingLine.Stopping(long token, TestingLine.Why why) -> {
        phase = Phase.BUSY;
        if (mission != 0 && token == mission) {
          part = Part.GOING_DOWN;
          halt(why.wanted(), pod);
        }
      }
      case TestingLine.Ended ended -> {
        phase = ended.exits() ? Phase.LEAVING : Phase.WAITING;
        if (mission != 0 && ended.token() >= mission) {
          ended(ended, pod);
          return;
        }
      }
      case TestingLine.Eof() -> {
        connected = false;
        if (mission != 0) {
          pod.tell(CandidateCore::gateLost);
        }
      }
      default -> throw new IllegalStateException("on the way to the sidecar: " + line);
    }
    settle(pod);
  }

  private void here(TestingLine.Here here, Pod pod) {
    boolean sameProcess = instance == here.instance();
    boolean wasLost = !connected;
    connected = true;
    instance = here.instance();
    pod.send(new TestingLine.Hello(pod.sidecar()));
    if (here.mode() == TestingLine.Mode.WAITING) {
      phase = Phase.WAITING;
      if (mission == 0) {
        return;
      }
      if (halted) {
        sendStop(pod);
      } else if (sameProcess && part == Part.PENDING && times != null) {
        // The RUN may be lost with the old connection, or be answered on this one.
        pod.send(new TestingLine.Run(mission, times.termNanos(), times.killNanos()));
      } else {
        halt(false, pod);
      }
      return;
    }
    phase = Phase.BUSY;
    adopt(here.token());
    if (mission == 0) {
      pod.send(new TestingLine.Stop(here.token(), pod.graceNanos()));
    } else if (here.token() != mission) {
      pod.send(new TestingLine.Stop(Math.max(here.token(), mission), pod.graceNanos()));
      halt(false, pod);
    } else {
      boolean stopping = here.mode() == TestingLine.Mode.STOPPING;
      part = stopping ? Part.GOING_DOWN : Part.UP;
      sendTimes(pod);
      if (halted) {
        sendStop(pod);
      } else if (stopping) {
        halt(false, pod);
      } else if (wasLost && saidStarted) {
        sayStarted(pod);
      }
    }
  }

  private void adopt(long token) {
    if (mission == 0 && token > over) {
      begin(token, knownToken == token ? known : null);
    }
  }

  private void begin(long token, Deadlines by) {
    mission = token;
    part = Part.PENDING;
    times = by;
    halted = false;
    haltAsked = false;
    saidStarted = false;
  }

  private void halt(boolean asked, Pod pod) {
    if (halted) {
      return;
    }
    halted = true;
    haltAsked = asked;
    haltGraceNanos = pod.graceNanos();
    pod.stopping();
    if (part != Part.GOING_DOWN) {
      sendStop(pod);
    }
  }

  private void refused(Refusal why, Pod pod) {
    long token = mission;
    boolean wasHalted = halted;
    boolean asked = haltAsked;
    mission = 0;
    if (wasHalted) {
      over = Math.max(over, token);
    }
    sayReady(pod);
    pod.tell(
        wasHalted
            ? core -> core.ended(token, new Ending(asked, 0, Ending.Next.WAIT, true))
            : core -> core.refused(token, why));
  }

  private void ended(TestingLine.Ended end, Pod pod) {
    if (!halted) {
      haltAsked = end.why().wanted();
      pod.stopping();
    }
    boolean asked = haltAsked && end.why().wanted();
    long token = mission;
    mission = 0;
    over = Math.max(over, token);
    sayReady(pod); // first: the lock joins again at once when it may
    Ending.Next next = end.exits() ? Ending.Next.EXIT : Ending.Next.WAIT;
    pod.tell(core -> core.ended(token, new Ending(asked, 0, next, true)));
  }

  private void settle(Pod pod) {
    if (mission != 0 && !saidStarted && part == Part.UP) {
      saidStarted = true;
      sayStarted(pod);
    }
    sayReady(pod);
  }

  private void sayStarted(Pod pod) {
    long token = mission;
    pod.tell(
        core -> {
          if (!core.started(token)) {
            stop(token, 0, pod);
          }
        });
  }

  private void sayReady(Pod pod) {
    boolean ready = connected && phase == Phase.WAITING;
    if (mission == 0 && ready != saidReady) {
      saidReady = ready;
      pod.tell(core -> core.ready(ready));
    }
  }

  // ---- what the core decides

  void run(long token, Deadlines deadlines, Pod pod) {
    if (mission != 0 || !(connected && phase == Phase.WAITING)) {
      Refusal why = mission != 0 ? Refusal.BUSY : Refusal.STOPPING;
      pod.tell(core -> core.refused(token, why)); // nothing was sent
      return;
    }
    begin(token, deadlines);
    pod.send(new TestingLine.Run(token, deadlines.termNanos(), deadlines.killNanos()));
  }

  void extend(long token, Deadlines deadlines, Pod pod) {
    knownToken = token;
    known = deadlines;
    if (token == mission) {
      times = deadlines;
      sendTimes(pod);
    }
  }

  void stop(long token, long graceNanos, Pod pod) {
    if (token <= over) {
      return; // it has ended, and the lock was told
    }
    if (mission == 0) {
      // Nobody here knows of this token, but a former sidecar's RUN may lie unread.
      begin(token, null);
    }
    if (token == mission) {
      haltAsked = !halted || haltAsked;
      halted = true;
      haltGraceNanos = graceNanos;
      sendStop(pod);
    }
  }

  private void sendTimes(Pod pod) {
    if (times != null) {
      pod.send(new TestingLine.Times(mission, times.termNanos(), times.killNanos()));
    }
  }

  private void sendStop(Pod pod) {
    pod.send(new TestingLine.Stop(mission, haltGraceNanos));
  }
}
