package dev.lockclaim.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SpanCheckerTest {
  @Test
  void oneAfterTheOtherIsRight() {
    SpanChecker.Verdict verdict =
        check("start 1.00 a 5 x", "beat 1.50 a 5 x", "end 2.00 a 5 x", "start 2.00 b 6 y");
    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.spans())
        .containsExactly(
            new Span("x", "a", 5, 1_000_000_000, 2_000_000_000, true),
            new Span("y", "b", 6, 2_000_000_000, 2_000_000_000, false));
    assertThat(verdict.late()).isEmpty();
  }

  @Test
  void aWriteThatComesLateIsFoundWhateverTimeItBears() {
    SpanChecker.Verdict verdict =
        check("start 1.00 a 5 x", "beat 1.10 a 5 x", "start 2.00 b 6 y", "beat 1.20 a 5 x");
    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.late()).singleElement().asString().contains("after one of token 6");
  }

  @Test
  void processesOfOneMainMayWriteOutOfOrder() {
    SpanChecker.Verdict verdict =
        check("start 1.000000002 a 5 x", "beat 1.000000005 a 5 x", "beat 1.000000004 a 5 x");
    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.spans())
        .containsExactly(new Span("x", "a", 5, 1_000_000_002, 1_000_000_005, false));
  }

  @Test
  void twoAtOnceAreFound() {
    assertViolation(
        "two were active at once",
        "start 1.00 a 5 x",
        "start 1.99 b 6 y",
        "beat 2.00 a 5 x",
        "beat 2.50 b 6 y");
  }

  @Test
  void aShortOneInsideALongOneIsFoundAndSoIsTheNext() {
    SpanChecker.Verdict verdict =
        check(
            "start 1.00 a 5 x",
            "start 2.00 b 6 y",
            "end 2.10 b 6 y",
            "start 3.00 c 7 z",
            "beat 4.00 a 5 x");
    assertThat(verdict.violations()).hasSize(2);
  }

  @Test
  void aLowerTokenIsFound() {
    assertViolation(
        "token 4 came after 5", "start 1.00 a 5 x", "end 1.10 a 5 x", "start 2.00 b 4 y");
  }

  @Test
  void oneTokenThatStartsTwiceIsFound() {
    assertViolation(
        "token 5 came after 5", "start 1.00 a 5 x", "end 1.10 a 5 x", "start 2.00 a 5 y");
  }

  @Test
  void aWriteAfterTheEndIsFound() {
    assertViolation("heard after its end", "start 1.00 a 5 x", "end 1.10 a 5 x", "beat 1.20 a 5 x");
  }

  @Test
  void aTokenThatChangesWhileMainRunsIsFound() {
    assertViolation("token changed", "start 1.00 a 5 x", "beat 1.10 a 6 x");
  }

  @Test
  void aBeatWithoutAStartIsFound() {
    assertViolation("before its start", "beat 1.00 a 5 x");
  }

  @Test
  void aLineThatIsNoRecordIsNamed() {
    for (String line : List.of("", "start 1.00 a 5", "start 1.00 a  x", "jump 1.00 a 5 x")) {
      assertThatThrownBy(() -> MainRecord.parse(line)).hasMessageContaining('"' + line + '"');
    }
  }

  private static void assertViolation(String text, String... lines) {
    assertThat(check(lines).violations()).singleElement().asString().contains(text);
  }

  private static SpanChecker.Verdict check(String... lines) {
    return SpanChecker.check(Stream.of(lines).map(MainRecord::parse).toList());
  }
}
