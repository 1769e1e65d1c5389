package dev.lockclaim.sidecar.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.sidecar.api.LockView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TellerTest {
  private final List<String> lines = new ArrayList<>();
  private final Teller teller = new Teller(lines::add, () -> 0);

  @Test
  void saysNothingOfWhatIsNoTrouble() {
    teller.tell(view(LockView.State.CONNECTING, ""));
    teller.tell(view(LockView.State.WAITING, ""));
    teller.tell(view(LockView.State.ACTIVE, ""));
    assertThat(lines).isEmpty();
  }

  @Test
  void saysEachTroubleOnceAndWhenItIsOver() {
    teller.tell(view(LockView.State.CONNECTING, "etcd at a does not answer (refused); look."));
    teller.tell(view(LockView.State.CONNECTING, "etcd at b does not answer (refused); look."));
    teller.tell(view(LockView.State.CONNECTING, "etcd at a does not answer (timed out); look."));
    teller.tell(view(LockView.State.CONNECTING, "")); // Between two tries.
    teller.tell(view(LockView.State.CONNECTING, "etcd at a does not accept user and password."));
    teller.tell(view(LockView.State.WAITING, ""));
    teller.tell(view(LockView.State.WAITING, ""));
    assertThat(lines)
        .containsExactly(
            "etcd at a does not answer (refused); look; trying on",
            "etcd at b does not answer (refused); look; trying on",
            "etcd at a does not accept user and password; trying on",
            "this is over: waiting for the lock");
    teller.tell(view(LockView.State.ACTIVE, "etcd at a does not answer (refused); look."));
    assertThat(lines)
        .last()
        .asString()
        .endsWith("stopping the command within 7 s if that does not help");
  }

  private static LockView view(LockView.State state, String trouble) {
    return new LockView(
        state,
        "default/test",
        OptionalInt.empty(),
        OptionalLong.empty(),
        0,
        7_500_000_000L,
        8_000_000_000L,
        List.of(),
        OptionalInt.empty(),
        0,
        trouble.isEmpty() ? Optional.empty() : Optional.of(trouble),
        false,
        trouble);
  }
}
