package dev.lockclaim.lock.view;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TokenTest {
  @Test
  void t17ALaterEpochBeatsAnyRevision() {
    long before = Token.of(3, (1L << 44) - 1);
    long after = Token.of(4, 1); // a restored etcd begins low
    assertThat(after).isGreaterThan(before);
    assertThat(Token.epoch(after)).isEqualTo(4);
    assertThat(Token.revision(before)).isEqualTo((1L << 44) - 1);
  }

  @Test
  void aTokenIsExactInADouble() {
    long token = Token.of(511, (1L << 44) - 1);
    assertThat((long) (double) token).isEqualTo(token);
  }
}
