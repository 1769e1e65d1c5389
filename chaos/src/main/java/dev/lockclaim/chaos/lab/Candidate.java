package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One who stands in line, on a machine of its own: {@code lockclaim run}, or the sidecar and the
 * gate of a pod, which end and are started anew each for itself.
 */
public final class Candidate {
  private final String machine;
  private final Cgroups cgroups;
  private final Supervised sidecar;
  private final Supervised gate;

  /** gate is the same as sidecar for {@code lockclaim run}, which starts it. */
  Candidate(String machine, Cgroups cgroups, Supervised sidecar, Supervised gate) {
    this.machine = machine;
    this.cgroups = cgroups;
    this.sidecar = sidecar;
    this.gate = gate;
  }

  /** Its machine's name, and the name in main's records. */
  public String machine() {
    return machine;
  }

  /** Whether sidecar and gate are started each for itself. */
  public boolean pod() {
    return !gate.equals(sidecar);
  }

  void start() {
    sidecar.start();
    if (pod()) {
      gate.start();
    }
  }

  /** The sidecar, or {@code lockclaim run}. */
  public List<Long> sidecar() {
    return sidecar.pid() == 0 ? List.of() : List.of(sidecar.pid());
  }

  /** PID 1 of main's namespace, and the gate outside of it that waits for it. */
  public List<Long> gates() {
    List<Long> outer =
        pod()
            ? (gate.pid() == 0 ? List.of() : List.of(gate.pid()))
            : sidecar().stream().flatMap(pid -> Signals.children(pid).stream()).toList();
    List<Long> gates = new ArrayList<>(gate());
    gates.addAll(outer);
    return gates;
  }

  /** PID 1 of main's namespace. */
  public List<Long> gate() {
    List<Long> outer =
        pod()
            ? (gate.pid() == 0 ? List.<Long>of() : List.of(gate.pid()))
            : sidecar().stream().flatMap(pid -> Signals.children(pid).stream()).toList();
    return outer.stream().flatMap(pid -> Signals.children(pid).stream()).toList();
  }

  /** All processes of main. */
  public List<Long> mains() {
    List<Long> mains = new ArrayList<>();
    for (long gate : gate()) {
      List<Long> tree = Signals.tree(gate);
      mains.addAll(tree.subList(1, tree.size()));
    }
    return mains;
  }

  /** The first process of main. */
  public List<Long> firstMain() {
    return gate().stream()
        .flatMap(pid -> Signals.children(pid).stream())
        .sorted()
        .limit(1)
        .toList();
  }

  /** Neither is started anew until {@link #release}. */
  public void hold() {
    sidecar.hold();
    gate.hold();
  }

  /** Only the gate is not started anew, until {@link #releaseGate}; the sidecar is. */
  public void holdGate() {
    gate.hold();
  }

  /** Ends one {@link #holdGate}. */
  public void releaseGate() {
    gate.release();
  }

  /** Ends one {@link #hold}. */
  public void release() {
    sidecar.release();
    gate.release();
  }

  /** Limits what main's container may use of a processor; 0 is no limit. */
  public void limitCpu(int percent) throws IOException {
    List<Long> container = new ArrayList<>(gates());
    container.addAll(mains());
    cgroups.move(container, container(machine));
    cgroups.limitCpu(container(machine), percent);
  }

  static String container(String machine) {
    return machine + "-main";
  }

  void close() throws IOException, InterruptedException {
    gate.close();
    if (pod()) {
      sidecar.close();
    }
    cgroups.end(container(machine));
    cgroups.end(machine);
  }
}
