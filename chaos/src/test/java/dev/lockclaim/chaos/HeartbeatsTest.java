package dev.lockclaim.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeartbeatsTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder;

  @Test
  void followsTheFileAlsoWhenALineIsHalfWritten() throws IOException {
    Heartbeats beats = new Heartbeats(folder.resolve("records"));
    assertThat(beats.verdict().spans()).isEmpty();
    write("start 1.0 a 5 x\nbeat 1.");
    assertThat(beats.verdict().spans().getFirst().lastNanos()).isEqualTo(SECOND);
    write("5 a 5 x\n");
    assertThat(beats.verdict().spans().getFirst().lastNanos()).isEqualTo(SECOND * 3 / 2);
  }

  @Test
  void findsTheLongestTimeWithoutAnybody() throws IOException {
    Heartbeats beats = new Heartbeats(folder.resolve("records"));
    write("start 1.0 a 5 x\nbeat 2.0 a 5 x\nstart 2.3 b 6 y\nbeat 4.0 b 6 y\nstart 6.0 c 7 z\n");
    write("beat 9.0 c 7 z\n");
    assertThat(beats.longestIdleMillis(SECOND, 3 * SECOND)).isEqualTo(300);
    assertThat(beats.longestIdleMillis(SECOND, 9 * SECOND)).isEqualTo(2000);
    assertThat(beats.longestIdleMillis(5 * SECOND, 9 * SECOND)).isEqualTo(1000);
  }

  @Test
  void countsTheTimeSinceTheLastOneToo() throws IOException {
    Heartbeats beats = new Heartbeats(folder.resolve("records"));
    write("start 1.0 a 5 x\nbeat 2.0 a 5 x\n");
    assertThat(beats.longestIdleMillis(SECOND, 10 * SECOND)).isEqualTo(7500);
  }

  @Test
  void addsUpTheSilencesOfMainsThatLived() throws IOException {
    Heartbeats beats = new Heartbeats(folder.resolve("records"));
    write("start 1.0 a 5 x\nbeat 1.1 a 5 x\nbeat 1.4 a 5 x\nbeat 1.9 a 5 x\nstart 9.0 b 6 y\n");
    assertThat(beats.verdict().violations()).isEmpty();
    assertThat(beats.silentMillisSince(SECOND)).isEqualTo(800);
    assertThat(beats.silentMillisSince(SECOND * 3 / 2)).isEqualTo(500);
  }

  private void write(String text) throws IOException {
    Files.writeString(
        folder.resolve("records"), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
