package dev.lockclaim.chaos.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final Times TIMES = new Times(7000, 1000);
  private static final List<Case> ALONE = Catalogue.alone(TIMES);
  private static final List<Case> STORM = Catalogue.storm(TIMES);

  @Test
  void theSameSeedGivesTheSameRounds() {
    assertThat(rounds(5)).isEqualTo(rounds(5)).isNotEqualTo(rounds(6));
  }

  @Test
  void everyKindHasItsTurnAlone() {
    Set<Case> seen = new HashSet<>();
    Plan plan = new Plan(1, ALONE, STORM);
    for (int round = 0; round < 2 * ALONE.size(); round++) {
      Round next = plan.next();
      if (!next.storm()) {
        seen.add(next.faults().getFirst().kind());
      }
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(ALONE);
  }

  @Test
  void everyFaultLastsAsLongAsItsKindMay() {
    assertThat(rounds(7).stream().flatMap(round -> round.faults().stream()))
        .allMatch(
            fault ->
                fault.millis() >= fault.kind().leastMillis()
                    && fault.millis() <= fault.kind().mostMillis());
  }

  @Test
  void noNameStandsForTwoKinds() {
    assertThat(ALONE).extracting(Case::name).doesNotHaveDuplicates();
  }

  @Test
  void theTimesAreThoseOfTheGuarantees() {
    Times ten = new Times(10_000, 3000);
    assertThat(ten.termMillis()).isEqualTo(6350);
    assertThat(ten.outageMillis()).isEqualTo(3850);
    assertThat(new Times(5000, 1000).outageMillis()).isEqualTo(2150);
  }

  @Test
  void whatIsToChangeNothingStaysShortOfTheDeadline() {
    Set<Target> wholeLock =
        Set.of(Target.ALL_MEMBERS, Target.TWO_MEMBERS, Target.HOLDER, Target.HOLDER_SIDECAR);
    Set<Action> standStill = Set.of(Action.FREEZE, Action.CUT, Action.RESET);
    assertThat(ALONE)
        .filteredOn(
            kind ->
                kind.effect() == Effect.NOTHING
                    && wholeLock.contains(kind.target())
                    && standStill.contains(kind.action()))
        .isNotEmpty()
        .allMatch(kind -> kind.mostMillis() < TIMES.outageMillis());
  }

  private static List<Round> rounds(long seed) {
    Plan plan = new Plan(seed, ALONE, STORM);
    return Stream.generate(plan::next).limit(50).toList();
  }
}
