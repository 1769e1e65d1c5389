package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
  @ValueSource(ints = {5, 10, 15, 30, 120})
  void c1H1TheLastProcessHasTimeToEndBeforeTheLeaseMayPassOn(int ttl) {
    Timing timing = Timing.ofSeconds(ttl, 1);
    long leaseMillis = ttl * 1000L;
    assertThat(timing.killMillis() + Timing.KILL_MILLIS).isLessThan(leaseMillis);
    assertThat(timing.goneMillis()).isEqualTo(timing.killMillis() + Timing.KILL_MILLIS);
    Deadlines deadlines = timing.after(7);
    assertThat(deadlines.killNanos() - 7).isEqualTo(timing.killMillis() * 1_000_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 10, 30})
  void h9ClocksWhoseRatesDifferByOnePercentStillAgreeOnWhoHolds(int ttl) {
    double fastByMillis = 1.01 * Timing.ofSeconds(ttl, 1).goneMillis() + 50;
    assertThat(fastByMillis).isLessThanOrEqualTo(ttl * 1000.0);
  }

  @ParameterizedTest
  @CsvSource({"3, 0", "5, 3", "10, 5"})
  void anOutageOfLessThanTwoSecondsDoesNotFit(int ttl, int grace) {
    assertThat(Timing.ofSeconds(ttl, grace).fits()).isFalse();
  }
}
