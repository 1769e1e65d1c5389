package dev.lockclaim.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HandoverPlanTest {
  @Test
  void nothingAskedIsNothingDone() {
    assertThat(HandoverPlan.decide(new Scene().holds(0, "a", 0, 50).seen()))
        .isEqualTo(new HandoverPlan.Nothing());
  }

  @Test
  void aRequestWithoutAnAnnotationIsWithdrawn() {
    assertThat(HandoverPlan.decide(new Scene().requested("b", "claim-50").seen()))
        .isEqualTo(new HandoverPlan.Withdraw());
  }

  @Test
  void anAnnotationBecomesARequest() {
    assertThat(
            HandoverPlan.decide(
                new Scene().asked("b").holds(0, "a", 0, 50).queues("c", "b").seen()))
        .isEqualTo(new HandoverPlan.Start("b", "claim-50"));
    assertThat(
            HandoverPlan.decide(new Scene().asked("any").holds(0, "a", 0, 50).queues("c").seen()))
        .isEqualTo(new HandoverPlan.Start("any", "claim-50"));
  }

  @Test
  void anotherAnnotationReplacesTheRequest() {
    assertThat(
            HandoverPlan.decide(
                new Scene()
                    .asked("c")
                    .requested("b", "claim-50")
                    .holds(0, "a", 0, 50)
                    .queues("c", "b")
                    .seen()))
        .isEqualTo(new HandoverPlan.Start("c", "claim-50"));
  }

  @Test
  void itIsUnderWayUntilALaterGrantIsThere() {
    Scene asked =
        new Scene().asked("b").requested("b", "claim-50").holds(0, "a", 0, 50).queues("b");
    assertThat(HandoverPlan.decide(asked.seen())).isEqualTo(new HandoverPlan.Nothing());
    assertThat(
            HandoverPlan.decide(
                new Scene().asked("b").requested("b", "claim-50").handed(0, "b", 60).seen()))
        .isEqualTo(new HandoverPlan.Done("b", "b"));
    assertThat(
            HandoverPlan.decide(
                new Scene().asked("any").requested("any", "claim-50").handed(0, "c", 60).seen()))
        .isEqualTo(new HandoverPlan.Done("any", "c"));
  }

  @Test
  void whoHoldsAlreadyNeedsNone() {
    assertThat(HandoverPlan.decide(new Scene().asked("a").holds(0, "a", 0, 50).seen()))
        .isEqualTo(new HandoverPlan.Done("a", "a"));
  }

  @Test
  void whatCannotBeIsRefusedWithTheLine() {
    assertThat(refusal(new Scene().asked("x").holds(0, "a", 0, 50).queues("b", "c")))
        .contains("Pod x is not in line", "in line are b, c");
    assertThat(refusal(new Scene().asked("any").holds(0, "a", 0, 50)))
        .contains("Nobody is in line");
    assertThat(refusal(new Scene().asked("b").queues("b"))).contains("Nobody holds the lock");
    assertThat(refusal(new Scene().asked("b").requested("b", "claim-50").holds(0, "a", 0, 50)))
        .contains("Pod b has left the line");
    assertThat(
            refusal(
                new Scene().asked("b").requested("b", "claim-50").handed(0, "c", 60).queues("b")))
        .contains("Pod c was granted the lock before pod b");
  }

  private static String refusal(Scene scene) {
    return ((HandoverPlan.Refuse) HandoverPlan.decide(scene.seen())).message();
  }
}
