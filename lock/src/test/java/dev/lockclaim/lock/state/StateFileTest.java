package dev.lockclaim.lock.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
    try (StateFile state = open("uid")) {
      state.write(state.marks().withLease(5).withRan(7));
    }
    Path file = folder.resolve("state.json");
    Files.writeString(
        file, Files.readString(file).replaceFirst("\"bootId\":\"[^\"]*\"", "\"bootId\":\"other\""));
    try (StateFile next = open("uid")) {
      assertThat(next.marks().lease()).isZero();
      assertThat(next.marks().ran()).isZero();
      assertThat(next.marks().sidecar()).isEqualTo(2); // gates obey the highest
    }
  }

  @Test
  void h12MarksOfAnotherPodAreForgottenButNotHowManySidecarsThereWere() throws IOException {
    try (StateFile state = open("uid")) {
      state.write(state.marks().withLease(5).withRan(7));
    }
    try (StateFile next = open("another")) {
      assertThat(next.marks().lease()).isZero();
      assertThat(next.marks().ran()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"v\":1,\"ran\":\"seven\"}", "\u0000"})
  void aFileThatCannotBeReadIsNamedAndNotTakenForAnEmptyOne(String text) throws IOException {
    Files.writeString(folder.resolve("state.json"), text);
    assertThatThrownBy(() -> open("uid"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("state.json cannot be read")
        .hasMessageContaining("then delete it");
    assertThat(folder.resolve("state.json")).hasContent(text);
  }

  private StateFile open(String podUid) throws IOException {
    return StateFile.open(folder, podUid, Duration.ofSeconds(30));
  }
}
