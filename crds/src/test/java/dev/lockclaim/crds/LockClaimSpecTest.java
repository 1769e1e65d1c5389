package dev.lockclaim.crds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LockClaimSpecTest {
  @ParameterizedTest
  @CsvSource({"5,,1", "6,,1", "7,,2", "9,,2", "10,,3", "600,,3", "10,0,0", "30,5,5"})
  void graceDefaultsByDuration(int durationSeconds, Integer stopGraceSeconds, int expected) {
    assertThat(
            new LockClaimSpec.Lease(durationSeconds, stopGraceSeconds, 0)
                .effectiveStopGraceSeconds())
        .isEqualTo(expected);
  }
}
