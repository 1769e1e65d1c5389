package dev.lockclaim.chaos;

import dev.lockclaim.chaos.lab.Candidate;
import dev.lockclaim.chaos.lab.Lab;
import dev.lockclaim.chaos.lab.Member;
import dev.lockclaim.chaos.plan.Fault;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Who is meant, at the moment when a fault comes. */
final class Choice {
  private final Lab lab;
  private final Heartbeats beats;

  Choice(Lab lab, Heartbeats beats) {
    this.lab = lab;
    this.beats = beats;
  }

  /** The members that a fault is done to; none when it is done to none. */
  List<Member> members(Fault fault) throws IOException, InterruptedException {
    List<Member> all = lab.members();
    return switch (fault.kind().target()) {
      case LEADER -> List.of(leader(fault));
      case FOLLOWER -> List.of(others(leader(fault)).get(fault.choice() % 2));
      case TWO_MEMBERS -> {
        Member leader = leader(fault);
        yield List.of(leader, others(leader).get(fault.choice() % 2));
      }
      case ALL_MEMBERS -> all;
      default -> List.of();
    };
  }

  private Member leader(Fault fault) throws IOException, InterruptedException {
    Optional<Member> leader = lab.cluster().leader();
    return leader.orElse(lab.members().get(fault.choice() % lab.members().size()));
  }

  private List<Member> others(Member one) {
    return lab.members().stream().filter(member -> !member.equals(one)).toList();
  }

  /** The candidate that a fault is done to; anyone for want of a holder. */
  Candidate candidate(Fault fault) throws IOException {
    List<Candidate> all = lab.candidates();
    Optional<Candidate> holder = beats.active().flatMap(span -> named(span.pod()));
    boolean wantsHolder =
        switch (fault.kind().target()) {
          case STANDBY, STANDBY_SIDECAR, STANDBY_GATE -> false;
          default -> true;
        };
    if (wantsHolder && holder.isPresent()) {
      return holder.get();
    }
    List<Candidate> others = all.stream().filter(c -> !Optional.of(c).equals(holder)).toList();
    return others.get(fault.choice() % others.size());
  }

  private Optional<Candidate> named(String machine) {
    return lab.candidates().stream().filter(c -> c.machine().equals(machine)).findFirst();
  }

  /** The processes of a candidate that are meant. */
  static List<Long> processes(Fault fault, Candidate candidate) {
    return switch (fault.kind().target()) {
      case HOLDER_SIDECAR, STANDBY_SIDECAR -> candidate.sidecar();
      case HOLDER_GATE, STANDBY_GATE -> candidate.gate();
      case HOLDER_SIDECAR_AND_GATE ->
          Stream.concat(candidate.sidecar().stream(), candidate.gate().stream()).toList();
      case HOLDER_MAIN ->
          fault.kind().action() == dev.lockclaim.chaos.plan.Action.KILL
              ? candidate.firstMain()
              : candidate.mains();
      default -> List.of();
    };
  }
}
