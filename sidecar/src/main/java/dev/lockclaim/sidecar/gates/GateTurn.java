package dev.lockclaim.sidecar.gates;

import dev.lockclaim.sidecar.gates.GateLine.Why;
import dev.lockclaim.sidecar.gates.Mission.Halt;
import dev.lockclaim.sidecar.gates.Mission.Part;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** One event's worth of {@link GateSet}: working copies that are thrown away afterwards. */
final class GateTurn {
  private final GateSet before;
  private final Map<String, Gate> gates;
  private final List<Command> commands = new ArrayList<>();
  private Mission mission; // null: none
  private Optional<Event.TimesAsked> known;
  private long over;
  private boolean saidReady;

  GateTurn(GateSet before) {
    this.before = before;
    this.gates = new LinkedHashMap<>(before.gates());
    this.mission = before.mission().orElse(null);
    this.known = before.known();
    this.over = before.over();
    this.saidReady = before.saidReady();
  }

  GateSet.Step take(Event event) {
    switch (event) {
      case Event.Said(long link, GateLine line) -> said(link, line);
      case Event.Lost(long link) -> lost(link);
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

  private GateSet after() {
    return new GateSet(
        before.config(),
        Collections.unmodifiableMap(gates),
        Optional.ofNullable(mission),
        known,
        over,
        saidReady);
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
      helloBusy(gates.get(hello.container()), hello);
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

  private void helloBusy(Gate gate, GateLine.Hello hello) {
    adopt(hello.token());
    if (mission == null) {
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
    }
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

  /** Takes up a main that a former sidecar started. */
  private void adopt(long token) {
    if (mission == null && token > over) {
      Optional<Times> times =
          known.filter(later -> later.token() == token).map(Event.TimesAsked::times);
      mission = Mission.begin(token, Mission.UNKNOWN_SLOT, times, gates.keySet());
      commands.add(new Command.ShowToken(token));
    }
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

  // ---- what follows

  private void halt(boolean asked) {
    if (mission.halt().isPresent()) {
      return;
    }
    mission = mission.with(new Halt(before.config().graceMillis(), asked));
    commands.add(new Command.Stopping(mission.token()));
    forUnfinished(
        gate -> {
          // Who is on its way out by itself keeps its own time for it.
          if (!(mission.parts().get(gate.container()) instanceof Part.GoingDown)) {
            sendStop(gate);
          }
        });
  }

  private void settle() {
    if (mission != null) {
      if (mission.halt().isEmpty()
          && !mission.any(Part.Pending.class::isInstance)
          && mission.any(Part.Refused.class::isInstance)
          && mission.any(Part.Up.class::isInstance)) {
        halt(false);
      }
      if (mission.all(Part::over)) {
        finish();
      } else if (!mission.saidStarted() && mission.all(Part.Up.class::isInstance)) {
        mission = mission.withStartedSaid();
        commands.add(new Command.Started(mission.token()));
      }
    }
    sayReady();
  }

  private void finish() {
    Mission done = mission;
    mission = null;
    commands.add(new Command.ShowToken(0));
    boolean refused = done.first().isEmpty() && done.halt().isEmpty();
    if (!refused) {
      over = Math.max(over, done.token());
    }
    sayReady(); // First: the lock joins again at once when it may.
    if (refused) {
      commands.add(new Command.Refused(done.token(), gravest(done)));
    } else {
      commands.add(new Command.Ended(done.token(), end(done)));
    }
  }

  /** LATE only if it was late everywhere: that alone can be mended with a later deadline. */
  private static Refusal gravest(Mission done) {
    return done.parts().values().stream()
        .map(part -> part instanceof Part.Refused(Refusal reason) ? reason : Refusal.LATE)
        .max(Comparator.naturalOrder())
        .orElse(Refusal.LATE);
  }

  private MainEnd end(Mission done) {
    List<GateLine.Ended> ends =
        done.parts().values().stream()
            .flatMap(
                part -> part instanceof Part.Down(GateLine.Ended e) ? List.of(e).stream() : null)
            .toList();
    RestartPolicy policy = before.config().restartPolicy();
    return new MainEnd(
        done.halt().map(Halt::asked).orElse(true)
            && done.first().map(end -> wanted(end.why())).orElse(true),
        done.first().map(GateLine.Ended::status).orElse(new ExitStatus.None()),
        ends.stream().anyMatch(GateLine.Ended::leaving),
        ends.stream().allMatch(policy::comesBack),
        ends.stream().mapToLong(GateLine.Ended::lateMillis).max().orElse(0));
  }

  private void sayReady() {
    // While main runs the lock is not told: what it asks is whether a grant could be used.
    boolean ready = gates.values().stream().allMatch(Gate::ready);
    if (mission == null && ready != saidReady) {
      saidReady = ready;
      if (ready) {
        commands.add(new Command.ShowToken(0)); // A former sidecar's may still stand there.
      }
      commands.add(new Command.Ready(ready));
    }
  }

  // ---- small words

  private static boolean wanted(Why why) {
    return switch (why) {
      case STOP, TERM, DEADLINE -> true;
      case EXITED, KILLED -> false;
    };
  }

  private boolean concerns(long token) {
    return mission != null && mission.token() == token;
  }

  private void put(Gate gate) {
    gates.put(gate.container(), gate);
  }

  private void mark(Gate gate, Part part) {
    if (!mission.parts().get(gate.container()).over()) {
      mission = mission.with(gate.container(), part);
    }
  }

  private void drop(long link, String why) {
    commands.add(new Command.Drop(link, why));
  }

  private void send(Gate gate, SidecarLine line) {
    if (gate.connected()) {
      commands.add(new Command.Send(gate.link(), line));
    }
  }

  private void sendStop(Gate gate) {
    send(gate, new SidecarLine.Stop(mission.token(), mission.halt().orElseThrow().graceMillis()));
  }

  private void forUnfinished(Consumer<Gate> action) {
    gates.values().stream()
        .filter(gate -> !mission.parts().get(gate.container()).over())
        .forEach(action);
  }
}
