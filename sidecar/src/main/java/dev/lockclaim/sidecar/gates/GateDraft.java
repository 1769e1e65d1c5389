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

/**
 * The next {@link GateSet} in the making: working copies that are thrown away afterwards, and what
 * follows from them whatever the event was.
 */
abstract sealed class GateDraft permits GateTurn {
  final GateSet before;
  final Map<String, Gate> gates;
  final List<Command> commands = new ArrayList<>();
  Mission mission; // null: none
  Optional<Event.TimesAsked> known;
  long over;
  private boolean saidReady;

  GateDraft(GateSet before) {
    this.before = before;
    this.gates = new LinkedHashMap<>(before.gates());
    this.mission = before.mission().orElse(null);
    this.known = before.known();
    this.over = before.over();
    this.saidReady = before.saidReady();
  }

  /** Takes up a main that a former sidecar started. */
  final void adopt(long token) {
    if (mission == null && token > over) {
      Optional<Times> times =
          known.filter(later -> later.token() == token).map(Event.TimesAsked::times);
      mission = Mission.begin(token, Mission.UNKNOWN_SLOT, times, gates.keySet());
      commands.add(new Command.ShowToken(token));
    }
  }

  // ---- what follows

  final void halt(boolean asked) {
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

  final void settle() {
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
        ends.stream().mapToLong(GateLine.Ended::lateMillis).max().orElse(0),
        done.first().map(end -> end.why() == Why.DEADLINE).orElse(false));
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

  static boolean wanted(Why why) {
    return switch (why) {
      case STOP, TERM, DEADLINE -> true;
      case EXITED, KILLED -> false;
    };
  }

  final boolean concerns(long token) {
    return mission != null && mission.token() == token;
  }

  final void put(Gate gate) {
    gates.put(gate.container(), gate);
  }

  final void mark(Gate gate, Part part) {
    if (!mission.parts().get(gate.container()).over()) {
      mission = mission.with(gate.container(), part);
    }
  }

  final void drop(long link, String why) {
    commands.add(new Command.Drop(link, why));
  }

  final void send(Gate gate, SidecarLine line) {
    if (gate.connected()) {
      commands.add(new Command.Send(gate.link(), line));
    }
  }

  final void sendStop(Gate gate) {
    send(gate, new SidecarLine.Stop(mission.token(), mission.halt().orElseThrow().graceMillis()));
  }

  final void forUnfinished(Consumer<Gate> action) {
    gates.values().stream()
        .filter(gate -> !mission.parts().get(gate.container()).over())
        .forEach(action);
  }

  final GateSet after() {
    return new GateSet(
        before.config(),
        Collections.unmodifiableMap(gates),
        Optional.ofNullable(mission),
        known,
        over,
        saidReady);
  }
}
