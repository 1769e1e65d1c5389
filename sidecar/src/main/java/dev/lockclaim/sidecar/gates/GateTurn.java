package dev.lockclaim.sidecar.gates;

import dev.lockclaim.sidecar.gates.GateLine.Why;
import dev.lockclaim.sidecar.gates.Mission.Halt;
import dev.lockclaim.sidecar.gates.Mission.Part;
import java.util.Optional;

/** What one event does to the gates: what a gate said, or what the lock asks for. */
final class GateTurn extends GateDraft {
  GateTurn(GateSet before) {
    super(before);
  }

  GateSet.Step take(Event event) {
    switch (event) {
      case Event.Said(long link, GateLine line) -> said(link, line);
      case Event.Lost(long link) -> lost(link);
      case Event.Gone(String container) -> gone(container);
      case Event.ClockCompared(long link, boolean agrees) ->
          before
              .at(link)
              .ifPresent(gate -> put(gate.with(agrees ? Gate.Clock.AGREES : Gate.Clock.DIFFERS)));
      case Event.RunAsked run -> run(run);
      case Event.TimesAsked later -> later(later);
      case Event.StopAsked(long token, long graceMillis) -> stop(token, graceMillis);
    }
    settle();
    return new GateSet.Step(after(), commands);
  }

  // ---- what gates say

  private void said(long link, GateLine line) {
    if (line instanceof GateLine.Hello hello) {
      hello(link, hello);
      return;
    }
    // Who has not said hello, or was replaced since, is not listened to.
    before.at(link).ifPresent(gate -> said(gate, line));
  }

  private void said(Gate gate, GateLine line) {
    switch (line) {
      case GateLine.Started(long token, long ignored) -> {
        put(gate.with(Gate.Phase.BUSY));
        adopt(token);
        if (concerns(token)) {
          mark(gate, new Part.Up());
        } else {
          unwanted(gate, token);
        }
      }
      case GateLine.Refused(long token, Refusal reason, long ignored) -> {
        if (reason == Refusal.STOPPING || reason == Refusal.EXEC) {
          put(gate.with(Gate.Phase.LEAVING));
        }
        if (concerns(token)) {
          mark(gate, new Part.Refused(reason));
        }
      }
      case GateLine.Stopping(long token, Why why, long ignored) -> {
        put(gate.with(Gate.Phase.BUSY));
        if (concerns(token)) {
          mark(gate, new Part.GoingDown());
          halt(wanted(why));
        }
      }
      case GateLine.Ended ended -> {
        put(gate.with(ended.leaving() ? Gate.Phase.LEAVING : Gate.Phase.WAITING));
        // A later token's end proves this one's too: a gate runs one at a time, and none twice.
        if (mission != null && ended.token() >= mission.token()) {
          mark(gate, new Part.Down(ended));
          halt(wanted(ended.why()));
        }
      }
      case GateLine.Beat ignored -> {}
      case GateLine.Complaint ignored -> {}
      case GateLine.Hello ignored -> {}
    }
  }

  private void hello(long link, GateLine.Hello hello) {
    Gate gate = gates.get(hello.container());
    if (gate == null) {
      drop(
          link,
          "container "
              + hello.container()
              + " is not one of the gated containers "
              + String.join(",", before.config().containers()));
      return;
    }
    boolean sameProcess = gate.instance().equals(hello.instance());
    if (gate.connected() && gate.link() != link) {
      if (!sameProcess) {
        // Two gates of one container at a time: the older one's processes are there, whatever the
        // new one says. Should it be dying, its connection ends now and the new one tries again.
        drop(link, "another gate of container " + hello.container() + " is connected");
        return;
      }
      drop(gate.link(), "this gate has connected anew");
    }
    boolean idle = hello.state() == GateLine.State.WAITING;
    put(gate.greeted(link, hello.instance(), idle ? Gate.Phase.WAITING : Gate.Phase.BUSY));
    commands.add(new Command.Greet(link));
    if (idle) {
      helloIdle(gates.get(hello.container()), sameProcess);
    } else {
      helloBusy(gates.get(hello.container()), hello, !gate.connected());
    }
  }

  private void helloIdle(Gate gate, boolean sameProcess) {
    if (mission == null || mission.parts().get(gate.container()).over()) {
      return;
    }
    boolean unanswered = mission.parts().get(gate.container()) instanceof Part.Pending;
    if (mission.halt().isPresent()) {
      sendStop(gate);
    } else if (sameProcess && unanswered && mission.times().isPresent()) {
      // The RUN may be lost with the old connection, or be answered on the new one: either way the
      // gate answers this one.
      send(gate, new SidecarLine.Run(mission.token(), mission.slot(), mission.times().get()));
    } else {
      // Its main is gone without a word, or never began: the one main cannot be whole.
      halt(false);
    }
  }

  /**
   * @param wasLost whether the lock was told that this gate's connection broke
   */
  private void helloBusy(Gate gate, GateLine.Hello hello, boolean wasLost) {
    adopt(hello.token());
    if (mission == null) {
      unwanted(gate, hello.token());
      return;
    }
    if (hello.token() != mission.token()) {
      send(
          gate,
          new SidecarLine.Stop(
              Math.max(hello.token(), mission.token()), before.config().graceMillis()));
      halt(false);
      return;
    }
    boolean stopping = hello.state() == GateLine.State.STOPPING;
    mark(gate, stopping ? new Part.GoingDown() : new Part.Up());
    mission.times().ifPresent(times -> send(gate, new SidecarLine.Later(mission.token(), times)));
    if (mission.halt().isPresent()) {
      sendStop(gate);
    } else if (stopping || someOtherGateIsIdle(gate)) {
      halt(false);
    } else if (wasLost
        && mission.saidStarted()
        && gates.values().stream().allMatch(Gate::connected)) {
      // All are there again, and main runs.
      commands.add(new Command.Started(mission.token()));
    }
  }

  /** A main that is over, or not the one that is to run: it would go on until its deadline. */
  private void unwanted(Gate gate, long token) {
    send(gate, new SidecarLine.Stop(token, before.config().graceMillis()));
  }

  /** Whether a gate that this sidecar has heard says that it runs nothing, though T has begun. */
  private boolean someOtherGateIsIdle(Gate one) {
    return gates.values().stream()
        .anyMatch(
            gate ->
                !gate.container().equals(one.container())
                    && gate.connected()
                    && gate.phase() == Gate.Phase.WAITING
                    && mission.slot() == Mission.UNKNOWN_SLOT);
  }

  private void lost(long link) {
    before
        .at(link)
        .ifPresent(
            gate -> {
              put(gate.gone());
              if (mission != null && !mission.parts().get(gate.container()).over()) {
                commands.add(new Command.GateLost());
              }
            });
  }

  private void gone(String container) {
    Gate gate = gates.get(container);
    put(gate.with(Gate.Phase.LEAVING));
    if (mission != null && !mission.parts().get(container).over()) {
      // As if it had said so; how its main's first process ended nobody has seen.
      mark(
          gate,
          new Part.Down(
              new GateLine.Ended(mission.token(), new ExitStatus.None(), Why.KILLED, true, 0, 0)));
      halt(false);
    }
  }

  // ---- what the lock asks

  private void run(Event.RunAsked run) {
    if (mission != null || !before.ready()) {
      // Nothing was sent, so this token has run nowhere: the lock may give it away at once.
      commands.add(
          new Command.Refused(run.token(), mission != null ? Refusal.BUSY : Refusal.STOPPING));
      return;
    }
    mission = Mission.begin(run.token(), run.slot(), Optional.of(run.times()), gates.keySet());
    commands.add(new Command.ShowToken(run.token()));
    gates.values().forEach(g -> send(g, new SidecarLine.Run(run.token(), run.slot(), run.times())));
  }

  private void later(Event.TimesAsked later) {
    known = Optional.of(later);
    if (concerns(later.token())) {
      mission = mission.with(later.times());
      forUnfinished(gate -> send(gate, new SidecarLine.Later(later.token(), later.times())));
    }
  }

  private void stop(long token, long graceMillis) {
    if (token <= over) {
      return; // It has ended, and the lock was told.
    }
    if (mission == null) {
      // Nobody here knows of this token, but a former sidecar's RUN may lie unread: ask all.
      mission = Mission.begin(token, Mission.UNKNOWN_SLOT, Optional.empty(), gates.keySet());
    }
    if (concerns(token)) {
      boolean asked = mission.halt().map(Halt::asked).orElse(true);
      mission = mission.with(new Halt(graceMillis, asked));
      forUnfinished(this::sendStop);
    }
  }
}
