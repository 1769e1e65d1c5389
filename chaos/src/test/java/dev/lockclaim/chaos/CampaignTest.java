package dev.lockclaim.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockclaim.chaos.plan.Action;
import dev.lockclaim.chaos.plan.Case;
import dev.lockclaim.chaos.plan.Effect;
import dev.lockclaim.chaos.plan.Fault;
import dev.lockclaim.chaos.plan.Round;
import dev.lockclaim.chaos.plan.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CampaignTest {
  private static final long BOUND = 5000;
  private static final long IN_TIME = BOUND + Judge.BUSY_MILLIS;
  private static final long TOO_LATE = IN_TIME + 1;
  private static final long STALLED = 400;

  private static final Case KIND =
      new Case(Action.KILL, Target.HOLDER_GATE, Effect.ENDS, false, 0, 0, BOUND, "a sum");
  private static final Round ROUND = new Round(1, false, List.of(new Fault(KIND, 0, 0, 0)));

  @TempDir private Path folder;
  private final Tally tally = new Tally();
  private final Deque<Outcome> outcomes = new ArrayDeque<>();

  @Test
  void aBoundThatIsKeptIsPlayedOnce() throws Exception {
    lasts(IN_TIME, 0);
    play();
    assertThat(tally.rounds()).isOne();
    assertThat(tally.missed()).isEmpty();
    assertThat(tally.notPlayed(List.of(KIND))).isEmpty();
  }

  @Test
  void aMissIsPlayedAgainAndNamed() throws Exception {
    lasts(TOO_LATE, 0);
    lasts(IN_TIME, 0);
    play();
    assertThat(outcomes).isEmpty();
    assertThat(tally.missed()).containsExactly(KIND.name());
  }

  @Test
  void aSecondMissFails() {
    lasts(TOO_LATE, 0);
    lasts(TOO_LATE, 0);
    assertThatThrownBy(this::play).isInstanceOf(Broken.class).hasMessageContaining("second time");
  }

  @Test
  void aSecondMissFailsAlsoWhenOneBetweenThemWasKept() throws Exception {
    lasts(TOO_LATE, 0);
    lasts(IN_TIME, 0);
    play();
    lasts(TOO_LATE, 0);
    assertThatThrownBy(this::play).isInstanceOf(Broken.class);
  }

  @Test
  void aRepetitionOnAStalledMachineAnswersNothing() {
    lasts(TOO_LATE, 0);
    lasts(IN_TIME, STALLED);
    lasts(IN_TIME, STALLED);
    lasts(IN_TIME, STALLED);
    assertThatThrownBy(this::play).isInstanceOf(Broken.class).hasMessageContaining("stood still");
  }

  @Test
  void aStalledMachineMissesNothingAndPlaysNothing() throws Exception {
    lasts(TOO_LATE, STALLED);
    play();
    assertThat(tally.missed()).isEmpty();
    assertThat(tally.notPlayed(List.of(KIND))).containsExactly(KIND.name());
  }

  private void lasts(long idleMillis, long stalledMillis) {
    outcomes.add(new Outcome(ROUND, 1, idleMillis, stalledMillis, true));
  }

  private void play() throws Broken, IOException, InterruptedException {
    NemesisLog log = new NemesisLog(folder.resolve("log"));
    new Campaign(round -> outcomes.remove(), tally, log, outcome -> {}).playTwiceIfMissed(ROUND);
  }
}
