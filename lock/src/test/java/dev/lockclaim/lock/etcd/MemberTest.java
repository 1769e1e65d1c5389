package dev.lockclaim.lock.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.Timing;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MemberTest {
  /** Else a SYN that an outage swallows is waited for after its end, beyond what is ridden out. */
  @ParameterizedTest
  @ValueSource(ints = {2, 5, 10, 60})
  void l8AConnectIsGivenUpWithinATry(int ttlSeconds) {
    assertThat(Member.CONNECT_TIMEOUT.toMillis())
        .isLessThanOrEqualTo(Timing.ofSeconds(ttlSeconds, 0).retryMillis());
  }
}
