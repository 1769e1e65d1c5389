package dev.lockclaim.lock.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pod has written down, in a folder that outlives its sidecar. */
final class StateFileTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsThereForTheNextSidecarWhoseNumberIsHigher() throws IOException {
    Marks written;
    try (StateFile state = open("uid")) {
      written = state.marks().withLease(5).withRan(7).withReleased(6).withSeen(1, 9, 2);
      state.write(written);
    }
    try (StateFile next = open("uid")) {
      assertThat(next.marks()).isEqualTo(written.withSidecar(written.sidecar() + 1));
    }
  }

  @Test
  void h11ASecondProcessWaitsForTheFirstAndIsRefused() throws IOException {
    try (StateFile state = open("uid")) {
      assertThat(state.marks().sidecar()).isEqualTo(1);
      assertThatThrownBy(() -> StateFile.open(folder, "uid", Duration.ZERO))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("state.lock")
          .hasMessageContaining("end it or use another folder");
    }
  }

  @Test
  void h12MarksOfAnotherBootAreForgotten() throws IOException {
    try (TwoSlots slots = TwoSlots.open(folder.resolve("state"))) {
      slots.write(MarkCodec.text(new Marks("other", "uid", 1, 5, 7, 6, 1, 9, 2)));
    }
    try (StateFile next = open("uid")) {
      assertThat(next.marks().lease()).isZero();
      assertThat(next.marks().ran()).isZero();
      assertThat(next.marks().sidecar()).isEqualTo(2); // gates obey the highest
      assertThat(next.marks().revision()).as("what was seen of etcd").isEqualTo(9);
    }
  }

  @Test
  void h12MarksOfAnotherPodAreForgottenButNotHowManySidecarsThereWere() throws IOException {
    try (StateFile state = open("uid")) {
      state.write(state.marks().withLease(5).withRan(7).withReleased(6).withSeen(1, 9, 2));
    }
    try (StateFile next = open("another")) {
      assertThat(next.marks().released()).isZero();
      assertThat(next.marks().clusterId()).isEqualTo(1);
      assertThat(next.marks().revision()).isEqualTo(9);
      assertThat(next.marks().epoch()).isEqualTo(2);
      assertThat(next.marks().lease()).isZero();
      assertThat(next.marks().ran()).isZero();
      assertThat(next.marks().sidecar()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"v\":1,\"ran\":\"seven\"}", "\u0000"})
  void aFileThatCannotBeReadIsNamedAndNotTakenForAnEmptyOne(String text) throws IOException {
    Path file = folder.resolve("state");
    Files.writeString(file, text);
    assertRefused(file);
    assertThat(file).hasContent(text);
    Files.delete(file);
    try (TwoSlots slots = TwoSlots.open(file)) {
      slots.write(text.isEmpty() ? "[" : text);
    }
    if (!text.equals("{")) { // that is an object without anything in it
      assertRefused(file);
    }
  }

  @Test
  void aFileThatIsCutOffOrGarbledIsNotTakenForAnEmptyOne() throws IOException {
    open("uid").close();
    Path file = folder.resolve("state");
    byte[] garbled = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(garbled, 5000));
    assertRefused(file);
    for (int i = 0; i < garbled.length; i += 50) {
      garbled[i] ^= 1;
    }
    Files.write(file, garbled);
    assertRefused(file);
  }

  @ParameterizedTest
  @ValueSource(longs = {7, Long.MAX_VALUE}) // what stood there is shorter, or longer
  void aWriteThatIsCutShortAnywhereLeavesTheMarksBefore(long earlier) throws IOException {
    Path file = folder.resolve("state");
    byte[] before;
    byte[] after;
    try (StateFile state = open("uid")) {
      state.write(state.marks().withRan(earlier));
      state.write(state.marks().withRan(40));
      before = Files.readAllBytes(file);
      state.write(state.marks().withRan(41));
      after = Files.readAllBytes(file);
    }
    int first = Arrays.mismatch(before, after);
    int end = before.length;
    while (before[end - 1] == after[end - 1]) {
      end--;
    }
    for (int cut = first; cut <= end; cut++) {
      byte[] torn = before.clone();
      System.arraycopy(after, first, torn, first, cut - first);
      Files.write(file, torn);
      try (StateFile state = open("uid")) {
        assertThat(state.marks().ran()).as("cut at %d", cut).isEqualTo(cut < end ? 40 : 41);
      }
    }
  }

  @Test
  void aSlotTakesOneLineThatFits() throws IOException {
    Path file = folder.resolve("slots");
    int most = TwoSlots.SLOT_BYTES - 34 - 1; // number, checksum, and the line's end
    String full = "x".repeat(most);
    try (TwoSlots slots = TwoSlots.open(file)) {
      slots.write(full);
      assertThatThrownBy(() -> slots.write(full + "x")).hasMessageContaining("longer");
      assertThatThrownBy(() -> slots.write("two\nlines")).hasMessageContaining("one line");
    }
    try (TwoSlots slots = TwoSlots.open(file)) {
      assertThat(slots.text()).contains(full);
    }
  }

  @Test
  void nothingIsReadOfLongerMarksThatWereThereBefore() throws IOException {
    try (StateFile state = open("uid")) {
      Marks longer = state.marks().withLease(Long.MIN_VALUE).withRan(Long.MAX_VALUE);
      Marks shorter = longer.withLease(0).withRan(7);
      state.write(longer);
      state.write(longer);
      state.write(shorter);
      state.write(shorter);
    }
    try (StateFile next = open("uid")) {
      assertThat(next.marks().ran()).isEqualTo(7);
    }
  }

  @Test
  void afterACrashInTheVeryFirstWriteThereIsNothing() throws IOException {
    Files.write(folder.resolve("state"), new byte[2 * TwoSlots.SLOT_BYTES]);
    try (StateFile state = open("uid")) {
      assertThat(state.marks().sidecar()).isEqualTo(1);
    }
  }

  @Test
  void aWriteThatFailsChangesNothing() throws IOException {
    try (StateFile state = open("uid")) {
      Marks marks = state.marks();
      Marks tooLong = new Marks("b".repeat(5000), "uid", 9, 9, 9, 9, 9, 9, 9);
      assertThatThrownBy(() -> state.write(tooLong)).isInstanceOf(IOException.class);
      assertThat(state.marks()).isEqualTo(marks);
    }
    try (StateFile next = open("uid")) {
      assertThat(next.marks().ran()).isZero();
    }
  }

  private void assertRefused(Path file) {
    assertThatThrownBy(() -> open("uid"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file + " cannot be read")
        .hasMessageContaining("then delete it");
  }

  private StateFile open(String podUid) throws IOException {
    return StateFile.open(folder, podUid, Duration.ofSeconds(30));
  }
}
