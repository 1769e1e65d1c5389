package dev.lockclaim.sidecar.gates;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * A pod in the small: gates that follow gate/PROTOCOL.md, connections that hold lines, the gate set
 * under test, and a lock that gives a token away as soon as it may. Every step that could come next
 * is listed by {@link #steps}; {@link #violation} says whether a token ran after it was given away,
 * or again.
 */
final class TestingWorld {
  /** What may still go wrong; each is used up once. */
  static final class Budget {
    int grants;
    int breaks;
    int kills;
    int exits;
    int restarts;
    int stops;
    int lates;

    Budget copy() {
      Budget copy = new Budget();
      copy.grants = grants;
      copy.breaks = breaks;
      copy.kills = kills;
      copy.exits = exits;
      copy.restarts = restarts;
      copy.stops = stops;
      copy.lates = lates;
      return copy;
    }

    @Override
    public String toString() {
      return grants + "," + breaks + "," + kills + "," + exits + "," + restarts + "," + stops + ","
          + lates;
    }
  }

  private static final class Link {
    final List<SidecarLine> toGate = new ArrayList<>();
    final List<GateLine> toSidecar = new ArrayList<>();
    boolean gateOpen = true;
    boolean sidecarOpen = true;
    String container;
    int sidecar;

    Link copy() {
      Link copy = new Link();
      copy.toGate.addAll(toGate);
      copy.toSidecar.addAll(toSidecar);
      copy.gateOpen = gateOpen;
      copy.sidecarOpen = sidecarOpen;
      copy.container = container;
      copy.sidecar = sidecar;
      return copy;
    }

    @Override
    public String toString() {
      return toGate + "|" + toSidecar + gateOpen + sidecarOpen + container + sidecar;
    }
  }

  private static final class ModelGate {
    int instance = 1;
    long running;
    boolean ending;
    boolean leaving;
    long stopped;
    long ran;
    int obeys;
    long obeyed;
    GateLine.Why why = GateLine.Why.STOP;

    ModelGate copy() {
      ModelGate copy = new ModelGate();
      copy.instance = instance;
      copy.running = running;
      copy.ending = ending;
      copy.leaving = leaving;
      copy.stopped = stopped;
      copy.ran = ran;
      copy.obeys = obeys;
      copy.obeyed = obeyed;
      copy.why = why;
      return copy;
    }

    @Override
    public String toString() {
      return instance + "/" + running + ending + leaving + stopped + "/" + ran + "/" + obeys + "/"
          + obeyed + why;
    }
  }

  /** One thing that may happen next. */
  record Step(String name, Consumer<TestingWorld> action) {}

  private final GateSet.Config config;
  final Budget budget;
  private final Map<String, ModelGate> gates = new TreeMap<>();
  private final Map<Long, Link> links = new TreeMap<>();
  private final TreeSet<Long> givenAway = new TreeSet<>();
  private GateSet set;
  private int sidecar = 1;
  private long token; // that the lock holds, 0 for none
  private boolean ran; // RUN of it was sent
  private boolean ready;
  private boolean stopAsked;
  String violation = "";

  TestingWorld(GateSet.Config config, Budget budget) {
    this.config = config;
    this.budget = budget;
    this.set = GateSet.of(config);
    config.containers().forEach(container -> gates.put(container, new ModelGate()));
  }

  TestingWorld copy() {
    TestingWorld copy = new TestingWorld(config, budget.copy());
    gates.forEach((name, gate) -> copy.gates.put(name, gate.copy()));
    links.forEach((id, link) -> copy.links.put(id, link.copy()));
    copy.givenAway.addAll(givenAway);
    copy.set = set;
    copy.sidecar = sidecar;
    copy.token = token;
    copy.ran = ran;
    copy.ready = ready;
    copy.stopAsked = stopAsked;
    copy.violation = violation;
    return copy;
  }

  /** Equal for worlds in which the same can happen. */
  String key(Map<Object, Integer> numbers) {
    TestingKey key = new TestingKey(numbers);
    gates.values().forEach(gate -> key.with(gate.toString()));
    links.forEach(
        (id, link) ->
            key.with(id)
                .with(List.copyOf(link.toGate))
                .with(List.copyOf(link.toSidecar))
                .with(link.gateOpen + " " + link.sidecarOpen + link.container + link.sidecar));
    return key.with(set)
        .with(sidecar + "/" + token + ran + ready + stopAsked + givenAway)
        .with(budget.toString())
        .toString();
  }

  boolean holds() {
    return token != 0;
  }

  /** Main of the token that is held runs in all containers. */
  boolean runsEverywhere() {
    return gates.values().stream().allMatch(gate -> gate.running == token && !gate.ending);
  }

  List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    if (token == 0 && ready && budget.grants > 0) {
      steps.add(new Step("grant", TestingWorld::grant));
    }
    if (token != 0 && ran && !stopAsked && budget.stops > 0) {
      steps.add(new Step("stop", TestingWorld::stop));
    }
    if (budget.restarts > 0) {
      steps.add(new Step("sidecar restarts", TestingWorld::restart));
    }
    links.forEach(
        (id, link) -> {
          if (link.sidecarOpen && !link.toSidecar.isEmpty()) {
            steps.add(new Step("sidecar reads " + id, world -> world.sidecarReads(id)));
          } else if (link.sidecarOpen && !link.gateOpen) {
            steps.add(new Step("sidecar sees end of " + id, world -> world.sidecarLoses(id)));
          }
          if (link.gateOpen && !link.toGate.isEmpty()) {
            steps.add(new Step("gate reads " + id, world -> world.gateReads(id, false)));
            if (budget.lates > 0 && link.toGate.getFirst() instanceof SidecarLine.Run) {
              steps.add(new Step("gate reads late " + id, world -> world.gateReads(id, true)));
            }
          }
          if (link.gateOpen && link.sidecarOpen && budget.breaks > 0) {
            steps.add(new Step("break " + id, world -> world.breakLink(id)));
          }
        });
    gates.forEach(
        (name, gate) -> {
          if (links.values().stream()
              .noneMatch(l -> l.container.equals(name) && l.gateOpen && l.sidecarOpen)) {
            steps.add(new Step("connect " + name, world -> world.connect(name)));
          }
          if (gate.ending) {
            steps.add(new Step("gone " + name, world -> world.gone(name)));
          } else if (gate.running != 0 && budget.exits > 0) {
            steps.add(new Step("exit " + name, world -> world.exits(name)));
          }
          if (budget.kills > 0) {
            steps.add(new Step("kill " + name, world -> world.kill(name)));
          }
        });
    return steps;
  }

  // ---- the lock

  private void grant() {
    budget.grants--;
    token = givenAway.isEmpty() ? 1 : givenAway.last() + 1;
    ran = true;
    stopAsked = false;
    apply(new Event.RunAsked(token, 0, new Times(1, 2)));
  }

  private void stop() {
    budget.stops--;
    stopAsked = true;
    apply(new Event.StopAsked(token, 1000));
  }

  private void giveAway() {
    givenAway.add(token);
    gates.forEach(
        (name, gate) -> {
          if (gate.running == token) {
            violation = "token " + token + " was given away while it runs in " + name;
          }
        });
    token = 0;
    ran = false;
  }

  private void tell(Command command) {
    switch (command) {
      case Command.Ready(boolean now) -> {
        ready = now;
        if (now && token != 0) {
          giveAway(); // What a lock that was taken up does: `ran`, and no main.
        }
      }
      case Command.Refused(long t, Refusal reason) -> {
        if (t != token) {
          violation = "refused a token that is not held";
        } else if (reason == Refusal.LATE && ready) {
          apply(new Event.RunAsked(token, 0, new Times(3, 4)));
        } else {
          giveAway();
        }
      }
      case Command.Ended(long t, MainEnd ignored) -> {
        if (t == token) {
          giveAway();
        } else if (!givenAway.contains(t)) {
          violation = "ended a token that is not held";
        }
      }
      default -> {}
    }
  }

  // ---- the sidecar

  private void apply(Event event) {
    GateSet.Step step = set.on(event);
    set = step.gates();
    for (Command command : step.commands()) {
      switch (command) {
        case Command.Greet(long id) -> {
          sendToGate(id, new SidecarLine.Hello(sidecar, "a/b", 0));
          sendToGate(id, new SidecarLine.Ping());
        }
        case Command.Send(long id, SidecarLine line) -> sendToGate(id, line);
        case Command.Drop(long id, String ignored) -> {
          links.get(id).sidecarOpen = false;
          apply(new Event.Lost(id));
        }
        default -> tell(command);
      }
    }
  }

  private void sendToGate(long id, SidecarLine line) {
    if (links.get(id).sidecarOpen) {
      links.get(id).toGate.add(line);
    }
  }

  private void sidecarReads(long id) {
    GateLine line = links.get(id).toSidecar.removeFirst();
    apply(new Event.Said(id, line));
    if (line instanceof GateLine.Beat) {
      apply(new Event.ClockCompared(id, true));
    }
  }

  private void sidecarLoses(long id) {
    links.get(id).sidecarOpen = false;
    forgetIfClosed(id);
    apply(new Event.Lost(id));
  }

  private void restart() {
    budget.restarts--;
    sidecar++;
    links.values().forEach(link -> link.sidecarOpen = false);
    List.copyOf(links.keySet()).forEach(this::forgetIfClosed);
    set = GateSet.of(config);
    ready = false;
    stopAsked = false;
  }

  private void forgetIfClosed(long id) {
    Link link = links.get(id);
    if (!link.sidecarOpen && (!link.gateOpen || link.toGate.isEmpty())) {
      links.remove(id);
    }
  }

  // ---- the gates

  private void connect(String name) {
    ModelGate gate = gates.get(name);
    Link link = new Link();
    link.container = name;
    link.sidecar = sidecar;
    links.put(unusedLink(), link);
    boolean busy = gate.running != 0 || gate.leaving;
    link.toSidecar.add(
        new GateLine.Hello(
            name,
            "i" + gate.instance,
            !busy
                ? GateLine.State.WAITING
                : gate.ending || gate.leaving ? GateLine.State.STOPPING : GateLine.State.RUNNING,
            gate.running,
            gate.stopped,
            0));
  }

  /**
   * A number that nobody knows: which one it is makes no difference, so the least one is taken, and
   * worlds that differ by numbers only are one.
   */
  private long unusedLink() {
    long number = 1;
    while (links.containsKey(number) || set.at(number).isPresent() || isObeyed(number)) {
      number++;
    }
    return number;
  }

  private boolean isObeyed(long number) {
    return gates.values().stream().anyMatch(gate -> gate.obeyed == number);
  }

  private void gateReads(long id, boolean late) {
    Link link = links.get(id);
    ModelGate gate = gates.get(link.container);
    SidecarLine line = link.toGate.removeFirst();
    forgetIfClosed(id);
    if (line instanceof SidecarLine.Hello(int number, String ignored, long alsoIgnored)) {
      if (number < gate.obeys) {
        closeByGate(id);
      } else {
        gate.obeys = number;
        gate.obeyed = id;
        List.copyOf(links.keySet()).stream()
            .filter(other -> other != id && links.get(other).container.equals(link.container))
            .forEach(this::closeByGate);
      }
      return;
    }
    if (gate.obeyed != id) {
      return;
    }
    switch (line) {
      case SidecarLine.Run(long t, int ignored, Times alsoIgnored) -> runs(gate, link, t, late);
      case SidecarLine.Stop(long t, long ignored) -> stops(gate, link, t);
      case SidecarLine.Later ignored -> link.toSidecar.add(new GateLine.Beat(gate.running, 0));
      case SidecarLine.Ping ignored -> link.toSidecar.add(new GateLine.Beat(gate.running, 0));
      default -> {}
    }
  }

  private void runs(ModelGate gate, Link link, long t, boolean late) {
    if (gate.running == t) {
      link.toSidecar.add(
          gate.ending ? new GateLine.Stopping(t, gate.why, 0) : new GateLine.Started(t, 0));
    } else if (t <= Math.max(gate.stopped, gate.ran)) {
      link.toSidecar.add(new GateLine.Refused(t, Refusal.STALE, 0));
    } else if (gate.leaving) {
      link.toSidecar.add(new GateLine.Refused(t, Refusal.STOPPING, 0));
    } else if (gate.running != 0) {
      link.toSidecar.add(new GateLine.Refused(t, Refusal.BUSY, 0));
    } else if (late) {
      budget.lates--;
      link.toSidecar.add(new GateLine.Refused(t, Refusal.LATE, 0));
    } else {
      gate.running = t;
      gate.ran = t;
      if (givenAway.contains(t)) {
        violation = "token " + t + " runs in " + link.container + " after it was given away";
      }
      say(link.container, new GateLine.Started(t, 0));
    }
  }

  private void stops(ModelGate gate, Link link, long t) {
    gate.stopped = Math.max(gate.stopped, t);
    if (gate.running != 0 && gate.running <= t) {
      if (!gate.ending) {
        gate.ending = true;
        gate.why = GateLine.Why.STOP;
        say(link.container, new GateLine.Stopping(gate.running, gate.why, 0));
      }
    } else {
      link.toSidecar.add(
          new GateLine.Ended(t, new ExitStatus.None(), GateLine.Why.STOP, gate.leaving, 0, 0));
    }
  }

  private void exits(String name) {
    budget.exits--;
    ModelGate gate = gates.get(name);
    gate.ending = true;
    gate.why = GateLine.Why.EXITED;
    say(name, new GateLine.Stopping(gate.running, gate.why, 0));
  }

  private void gone(String name) {
    ModelGate gate = gates.get(name);
    long was = gate.running;
    gate.running = 0;
    gate.ending = false;
    gate.leaving |= gate.why == GateLine.Why.EXITED;
    say(name, new GateLine.Ended(was, new ExitStatus.Exit(0), gate.why, gate.leaving, 0, 0));
    if (gate.stopped > was) {
      say(
          name,
          new GateLine.Ended(
              gate.stopped, new ExitStatus.None(), GateLine.Why.STOP, gate.leaving, 0, 0));
    }
    if (gate.leaving) {
      replace(name);
    }
  }

  private void kill(String name) {
    budget.kills--;
    replace(name);
  }

  /** The old gate's namespace is gone before the new gate's first instruction. */
  private void replace(String name) {
    int instance = gates.get(name).instance;
    List.copyOf(links.keySet()).stream()
        .filter(id -> links.get(id).container.equals(name))
        .forEach(this::closeByGate);
    ModelGate fresh = new ModelGate();
    fresh.instance = instance + 1;
    gates.put(name, fresh);
  }

  private void closeByGate(long id) {
    Link link = links.get(id);
    link.gateOpen = false;
    link.toGate.clear();
    forgetIfClosed(id);
  }

  /** The sidecar sees the end; the gate may still read what was sent before. */
  private void breakLink(long id) {
    budget.breaks--;
    Link link = links.get(id);
    link.sidecarOpen = false;
    link.toSidecar.clear();
    forgetIfClosed(id);
    apply(new Event.Lost(id));
  }

  private void say(String name, GateLine line) {
    links.values().stream()
        .filter(link -> link.container.equals(name) && link.gateOpen)
        .forEach(link -> link.toSidecar.add(line));
  }
}
