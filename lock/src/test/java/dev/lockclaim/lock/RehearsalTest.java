package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.view.Identity;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class RehearsalTest {
  private final CandidateConfig config =
      new CandidateConfig(
          "ns", "lock", new Identity("pod", "uid", "node", "r", 0), 15, 1, OptionalInt.empty());

  @Test
  void playsAllThatAHandOverIsMadeOf() {
    assertThat(new Rehearsal.Play(config).play().stream().map(RehearsalTest::name))
        .containsExactly("Join", "Grant", "Run", "Stop", "Give", "Run");
  }

  /** It is for the first minutes: then the compiler has seen enough. */
  @Test
  void isPlayedALittleAtATimeUntilItIsEnough() {
    Rehearsal rehearsal = new Rehearsal(config);
    rehearsal.goOn();
    assertThat(rehearsal.left()).isEqualTo(236);
    for (int i = 0; i < 100; i++) {
      rehearsal.goOn();
    }
    assertThat(rehearsal.left()).isZero();
  }

  private static String name(Action action) {
    return action instanceof Action.Perform perform
        ? perform.step().getClass().getSimpleName()
        : action.getClass().getSimpleName();
  }
}
