package dev.lockclaim.lock.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MarkCodecTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"", "plain", "a \"quoted\" name", "back\\slash", "line\nand\ttab \u0001", "ü 🔒"})
  void marksAreReadAsTheyWereWritten(String name) throws IOException {
    Marks marks = new Marks(name, name, 3, Long.MIN_VALUE, 7, 6, -1, Long.MAX_VALUE, 2);
    String text = MarkCodec.text(marks);
    assertThat(MarkCodec.marks(text)).isEqualTo(marks);
    assertThat(text).doesNotContain("\n");
  }
}
