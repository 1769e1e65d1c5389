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
    // Three of four rounds: with 8 s for one alone and 20 s for a storm, less than 20 minutes.
    int rounds = ALONE.size() * 4 / 3 + 1;
    assertThat(ALONE.size() * 8 + (rounds - ALONE.size()) * 20).isLessThan(20 * 60);
    for (int round = 0; round < rounds; round++) {
      Round next = plan.next();
      if (!next.storm()) {
        seen.add(next.faults().getFirst().kind());
      }
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(ALONE);
  }

  @Test
  void stormsComeMoreOftenOnceEachKindHadItsTurn() {
    Plan plan = new Plan(1, ALONE, STORM);
    Stream.generate(plan::next).limit(ALONE.size() * 4 / 3 + 1).forEach(round -> {});
    assertThat(Stream.generate(plan::next).limit(20)).filteredOn(Round::storm).hasSize(10);
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
    assertThat(ten.vanishedMillis()).isEqualTo(10_500);
    assertThat(ten.gateLostMillis()).isEqualTo(11_500);
    assertThat(ten.takenUpInVainMillis()).isEqualTo(2000 + 15_500);
    assertThat(ten.expiredMillis()).isEqualTo(4150);
    assertThat(ten.unansweredMillis()).isEqualTo(6650);
    assertThat(ten.recoveredMillis()).isEqualTo(23_500);
    assertThat(ten.recoveredMillis() - ten.termMillis()).isEqualTo(17_150);
  }

  @Test
  void whatIsToChangeNothingStaysShortOfTheDeadline() {
    Set<Target> wholeLock =
        Set.of(
            Target.ALL_MEMBERS,
            Target.TWO_MEMBERS,
            Target.HOLDER,
            Target.HOLDER_SIDECAR,
            Target.HOLDER_GATE); // killed by its outer process when it stands still
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
