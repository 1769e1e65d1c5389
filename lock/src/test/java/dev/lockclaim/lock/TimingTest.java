package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of docs/guarantees.md. */
final class TimingTest {
  @ParameterizedTest
  @CsvSource({
    "5, 1, 3400, 4400, 4900, 2150",
    "10, 3, 6350, 9350, 9850, 3850",
    "15, 3, 11300, 14300, 14800, 7550",
    "30, 5, 24150, 29150, 29650, 16650"
  })
  void timesFollowFromTheLease(int ttl, int grace, long term, long kill, long gone, long outage) {
    Timing timing = Timing.ofSeconds(ttl, grace);
    assertThat(timing.termMillis()).isEqualTo(term);
    assertThat(timing.killMillis()).isEqualTo(kill);
    assertThat(timing.goneMillis()).isEqualTo(gone);
    assertThat(timing.outageMillis()).isEqualTo(outage);
    assertThat(timing.fits()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"3, 0", "5, 3", "10, 5"})
  void anOutageOfLessThanTwoSecondsDoesNotFit(int ttl, int grace) {
    assertThat(Timing.ofSeconds(ttl, grace).fits()).isFalse();
  }
}
