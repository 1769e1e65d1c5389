package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UptimeClockTest {
  @Test
  void readsSecondsAndHundredths() throws IOException {
    assertThat(nanos("5021.07 9000.11\n")).isEqualTo(5_021_070_000_000L);
    assertThat(nanos("0.00 0.00\n")).isZero();
    assertThat(nanos("9223372035.99 1.00\n")).isEqualTo(9_223_372_035_990_000_000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".12", "12", "12.", "12.3", "12,34", "1x.34", "12.3x", " 12.34"})
  void takesNothingElse(String text) {
    assertThatThrownBy(() -> nanos(text)).isInstanceOf(IOException.class);
  }

  @Test
  void isNeverAheadOfTheKernelsAndNeverGoesBack() throws IOException {
    BootClock clock = BootClock.system();
    long last = 0;
    for (int i = 0; i < 1000; i++) {
      final long before = kernels();
      long now = clock.nanos();
      assertThat(now).isBetween(Math.max(last, before), kernels());
      last = now;
    }
  }

  /**
   * An interrupt, with which a candidate is closed, does not take the clock away from the others.
   */
  @Test
  void outlivesAnInterrupt() throws IOException, InterruptedException {
    BootClock clock = BootClock.system();
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  Thread.currentThread().interrupt();
                  clock.nanos();
                });
    reader.join();
    assertThat(clock.nanos()).isPositive();
  }

  private static long kernels() throws IOException {
    String text = Files.readString(Path.of("/proc/uptime"));
    return Long.parseLong(text.substring(0, text.indexOf(' ')).replace(".", "")) * 10_000_000;
  }

  private static long nanos(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return UptimeClock.nanos(bytes, bytes.length);
  }
}
