package dev.lockclaim.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.chaos.plan.Action;
import dev.lockclaim.chaos.plan.Case;
import dev.lockclaim.chaos.plan.Effect;
import dev.lockclaim.chaos.plan.Fault;
import dev.lockclaim.chaos.plan.Round;
import dev.lockclaim.chaos.plan.Target;
import dev.lockclaim.chaos.plan.Times;
import dev.lockclaim.systemtest.SpanChecker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnplayedTest {
  private static final long STALLED = 400;
  private static final Case RESTORE = kind(Action.RESTORE, Target.NOBODY);
  private static final Case SLOW_DISK = kind(Action.SLOW_DISK, Target.LEADER);
  private static final Case ROLL = kind(Action.ROLL, Target.NOBODY);
  private static final List<Case> KINDS = List.of(SLOW_DISK, ROLL, RESTORE);

  @TempDir private Path folder;
  private final Tally tally = new Tally();

  @Test
  void aKindWithoutATurnIsForWantOfTimeAndDoesNotFail() {
    assertThat(unplayed(true).forWantOfTime())
        .containsExactly("restore", "roll", "slow-disk-leader");
    assertThat(unplayed(true).neverDone()).isEmpty();
    assertThat(unplayed(true).failure()).isEmpty();
  }

  @Test
  void aKindThatCouldNeverBeDoneFailsAndIsNotForWantOfTime() {
    add(RESTORE, 0, 0);
    add(RESTORE, 0, 0);
    assertThat(unplayed(true).forWantOfTime()).containsExactly("roll", "slow-disk-leader");
    assertThat(unplayed(true).neverDone()).containsExactly("restore (rounds not done: 2)");
    assertThat(unplayed(true).failure().orElseThrow()).contains("never be done", "restore");
    assertThat(tally.notDone()).isEqualTo(2);
  }

  @Test
  void aKindThatWasDoneOnceDoesNotFail() {
    add(RESTORE, 0, 0);
    add(RESTORE, 1, 0);
    assertThat(unplayed(true).neverDone()).isEmpty();
    assertThat(unplayed(true).failure()).isEmpty();
    assertThat(tally.notDone()).isOne();
  }

  @Test
  void aStalledMachineExcusesNoKindThatCouldNotBeDone() {
    add(RESTORE, 0, STALLED);
    assertThat(unplayed(true).failure()).isPresent();
  }

  @Test
  void aKindDoneOnAStalledMachineOnlyIsForWantOfTime() {
    add(RESTORE, 0, 0);
    add(RESTORE, 1, STALLED);
    assertThat(unplayed(true).forWantOfTime()).contains("restore");
    assertThat(unplayed(true).failure()).isEmpty();
  }

  @Test
  void aSlowDiskIsExcusedOnlyWhereWritesCannotBeLimited() {
    add(SLOW_DISK, 0, 0);
    assertThat(unplayed(false).neverDone())
        .containsExactly("slow-disk-leader (rounds not done: 1)");
    assertThat(unplayed(false).failure()).isEmpty();
    assertThat(unplayed(true).failure().orElseThrow()).contains("slow-disk-leader");
  }

  @Test
  void theReportTellsThemApart() throws IOException {
    add(RESTORE, 0, 0);
    add(SLOW_DISK, 1, 0);
    Options options =
        new Options(
            1, 2, true, folder, folder, folder, folder, "", folder, folder, folder, "", "abc");
    SpanChecker.Verdict verdict = new SpanChecker().verdict();
    Times times = new Times(7000, 1000);
    new Report(options, times, "3", verdict, tally, unplayed(true), List.of()).write();
    assertThat(Files.readString(folder.resolve("chaos.md")))
        .contains("not played for want of time: roll.")
        .contains(
            "tried and could not be done: restore (rounds not done: 1). In 1 rounds nothing could");
    assertThat(Files.readString(folder.resolve("chaos.json")))
        .contains("\"kinds-not-played\", \"value\": 1, \"unit\": \"kinds\", \"samples\": 3")
        .contains("\"kinds-never-done\", \"value\": 1, \"unit\": \"kinds\", \"samples\": 3");
  }

  private Unplayed unplayed(boolean canLimitWrites) {
    return Unplayed.of(tally, KINDS, canLimitWrites);
  }

  private void add(Case kind, int faults, long stalledMillis) {
    Round round = new Round(1, false, List.of(new Fault(kind, 0, 0, 0)));
    tally.add(new Outcome(round, faults, 0, stalledMillis, true));
  }

  private static Case kind(Action action, Target target) {
    return new Case(action, target, Effect.NOTHING, false, 0, 0, 0, "nothing happens");
  }
}
