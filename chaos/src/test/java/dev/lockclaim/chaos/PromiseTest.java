package dev.lockclaim.chaos;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockclaim.chaos.lab.Lab;
import dev.lockclaim.chaos.plan.Action;
import dev.lockclaim.chaos.plan.Case;
import dev.lockclaim.chaos.plan.Effect;
import dev.lockclaim.chaos.plan.Fault;
import dev.lockclaim.chaos.plan.Target;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class PromiseTest {
  private static final Case KIND =
      new Case(Action.RESTORE, Target.NOBODY, Effect.ENDS, false, 0, 0, 0, "a sum");
  private static final Fault FAULT = new Fault(KIND, 0, 0, 0);

  @Test
  void whatComesIsKept() {
    assertThatCode(() -> Promise.await(FAULT, "the end of main", 60, () -> true))
        .doesNotThrowAnyException();
  }

  @Test
  void whatDoesNotComeIsBrokenAndNamedWithItsFault() {
    assertThatThrownBy(() -> Promise.await(FAULT, "the end of main", 0, () -> false))
        .isInstanceOf(Broken.class)
        .hasMessage("restore: the end of main was waited for in vain for 0 s");
  }

  @Test
  void aQuestionThatFailsUntilTheEndIsBrokenToo() {
    Lab.Question question =
        () -> {
          throw new IOException("no answer");
        };
    assertThatThrownBy(() -> Promise.await(FAULT, "the end of main", 1, question))
        .isInstanceOf(Broken.class)
        .hasRootCauseMessage("no answer");
  }

  @Test
  void anUndoingThatFailsHidesNoBrokenPromise() {
    assertThatThrownBy(
            () ->
                Promise.undoing(
                    () -> Promise.await(FAULT, "a new grant", 0, () -> false),
                    () -> {
                      throw new IOException("etcd is away");
                    }))
        .isInstanceOf(Broken.class)
        .hasMessageContaining("a new grant");
  }
}
