package dev.lockclaim.chaos;

import dev.lockclaim.chaos.lab.Candidate;
import dev.lockclaim.chaos.lab.Lab;
import dev.lockclaim.chaos.lab.Member;
import dev.lockclaim.chaos.lab.Network;
import dev.lockclaim.chaos.lab.Signals;
import dev.lockclaim.chaos.plan.Fault;
import dev.lockclaim.chaos.plan.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Does faults to processes and networks, and undoes them when their time is over. */
final class Faults {
  /** A twentieth of a processor: the least that the guarantees speak of. */
  private static final int STARVED_PERCENT = 5;

  private static final int SLOW_DISK_WRITES = 20;
  private static final long SLOW_STOPPED_MILLIS = 80;
  private static final long SLOW_RUNNING_MILLIS = 20;

  private final Lab lab;
  private final Choice choice;
  private final Administration administration;
  private final NemesisLog log;

  Faults(Lab lab, Heartbeats beats, Administration administration, NemesisLog log) {
    this.lab = lab;
    this.administration = administration;
    this.log = log;
    choice = new Choice(lab, beats);
  }

  /**
   * Does a fault; returns when it is undone.
   *
   * @throws Broken when the product has not done in it what it promises
   * @throws IOException when the fault could not be done
   */
  void commit(Fault fault) throws Broken, IOException, InterruptedException {
    switch (fault.kind().action()) {
      case KILL -> end(fault, "KILL");
      case TERMINATE -> end(fault, "TERM");
      case FREEZE -> freeze(fault);
      case SLOW -> slow(fault);
      case SLOW_DISK -> slowDisk(fault);
      case CUT -> cut(fault, Network.Cut.BOTH);
      case DEAFEN -> cut(fault, Network.Cut.IN);
      case MUTE -> cut(fault, Network.Cut.OUT);
      case RESET -> cut(fault, Network.Cut.RESET);
      case ISOLATE -> cut(fault, Network.Cut.PEERS);
      case STARVE -> starve(fault);
      default -> {
        log.say(fault.kind().name());
        administration.commit(fault);
      }
    }
  }

  private void end(Fault fault, String signal) throws Broken, IOException, InterruptedException {
    List<Member> members = choice.members(fault);
    if (!members.isEmpty()) {
      members.forEach(Member::hold);
      try {
        for (Member member : members) {
          log.say("%s %s, down for %d ms".formatted(signal, member.machine(), fault.millis()));
        }
        Signals.send(signal, pids(members));
        Thread.sleep(fault.millis());
      } finally {
        members.forEach(Member::release);
      }
      return;
    }
    boolean gateOnly = fault.kind().target() == Target.HOLDER_SIDECAR_AND_GATE;
    Candidate candidate = gateOnly ? pod(fault) : choice.candidate(fault);
    Runnable hold = gateOnly ? candidate::holdGate : candidate::hold;
    Runnable release = gateOnly ? candidate::releaseGate : candidate::release;
    hold.run();
    try {
      log.say(
          "%s %s (%s) for %d ms"
              .formatted(signal, fault.kind().target(), candidate.machine(), fault.millis()));
      Signals.send(signal, Choice.processes(fault, candidate));
      Thread.sleep(fault.millis());
    } finally {
      release.run();
    }
  }

  /** The holder, which is a pod, after a hand-over if need be. */
  private Candidate pod(Fault fault) throws Broken, IOException, InterruptedException {
    if (!choice.candidate(fault).pod()) {
      administration.handOverToPod(fault);
    }
    Candidate candidate = choice.candidate(fault);
    if (!candidate.pod()) {
      throw new IOException(candidate.machine() + " holds the lock, and is no pod");
    }
    return candidate;
  }

  private static List<Long> pids(List<Member> members) {
    return members.stream().flatMap(member -> member.pids().stream()).toList();
  }

  private List<Long> processes(Fault fault) throws IOException, InterruptedException {
    List<Member> members = choice.members(fault);
    if (!members.isEmpty()) {
      log.say("%s %s for %d ms".formatted(fault.kind().name(), names(members), fault.millis()));
      return pids(members);
    }
    Candidate candidate = choice.candidate(fault);
    log.say("%s %s for %d ms".formatted(fault.kind().name(), candidate.machine(), fault.millis()));
    return Choice.processes(fault, candidate);
  }

  private static List<String> names(List<Member> members) {
    return members.stream().map(Member::machine).toList();
  }

  private void freeze(Fault fault) throws IOException, InterruptedException {
    List<Long> pids = processes(fault);
    try {
      Signals.send("STOP", pids);
      Thread.sleep(fault.millis());
    } finally {
      Signals.send("CONT", pids);
    }
  }

  private void slow(Fault fault) throws IOException, InterruptedException {
    List<Long> pids = processes(fault);
    long end = System.nanoTime() + fault.millis() * 1_000_000;
    try {
      while (System.nanoTime() < end) {
        Signals.send("STOP", pids);
        Thread.sleep(SLOW_STOPPED_MILLIS);
        Signals.send("CONT", pids);
        Thread.sleep(SLOW_RUNNING_MILLIS);
      }
    } finally {
      Signals.send("CONT", pids);
    }
  }

  private void slowDisk(Fault fault) throws IOException, InterruptedException {
    if (!lab.canLimitWrites()) {
      throw new IOException(
          "writes to the disk of this tree cannot be limited by control groups: play it on a disk"
              + " (no overlay or tmpfs), on a kernel with CONFIG_BLK_DEV_THROTTLING");
    }
    List<Member> members = choice.members(fault);
    log.say("%s %s for %d ms".formatted(fault.kind().name(), names(members), fault.millis()));
    try {
      for (Member member : members) {
        lab.limitWrites(member, SLOW_DISK_WRITES);
      }
      Thread.sleep(fault.millis());
    } finally {
      for (Member member : members) {
        lab.limitWrites(member, 0);
      }
    }
  }

  private void cut(Fault fault, Network.Cut cut) throws IOException, InterruptedException {
    List<String> machines = new ArrayList<>(names(choice.members(fault)));
    if (machines.isEmpty()) {
      machines.add(choice.candidate(fault).machine());
    }
    log.say("%s %s for %d ms".formatted(fault.kind().name(), machines, fault.millis()));
    try {
      for (String machine : machines) {
        lab.network().cut(machine, cut);
      }
      Thread.sleep(fault.millis());
    } finally {
      for (String machine : machines) {
        lab.network().mend(machine, cut);
      }
    }
  }

  private void starve(Fault fault) throws IOException, InterruptedException {
    Candidate candidate = choice.candidate(fault);
    log.say("starve %s for %d ms".formatted(candidate.machine(), fault.millis()));
    try {
      candidate.limitCpu(STARVED_PERCENT);
      Thread.sleep(fault.millis());
    } finally {
      candidate.limitCpu(0);
    }
  }
}
