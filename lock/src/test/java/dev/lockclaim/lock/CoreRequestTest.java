package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A hand-over that names a pod, with nobody there to take the request away. */
final class CoreRequestTest extends CoreScene {
  private final TestingPod third = world.pods.get(2);

  CoreRequestTest() {
    super(world(3, 1, 0));
  }

  @Test
  void aPodThatWasNamedIsPreferredOnce() throws EtcdFailure {
    active();
    settle(third);
    write(
        new Step.Write.Put(
            LockKeys.REQUEST, LockCodec.request(third.config.identity().pod(), "r"), 0));
    settle(first);
    handsOver(first, third);
    third.core.giveUp(Optional.empty());
    settle(third);
    handsOver(third, second);
    second.core.giveUp(Optional.empty());
    settle(second);
    handsOver(second, first); // not to the third, who stands behind
  }

  private void handsOver(TestingPod from, TestingPod to) {
    from.gate.gone(from.clock());
    settle(from, to, from, to);
    settle(first, second, third);
    assertThat(to.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }
}
