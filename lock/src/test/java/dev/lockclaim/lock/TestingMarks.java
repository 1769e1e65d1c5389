package dev.lockclaim.lock;

import dev.lockclaim.lock.state.MarkStore;
import dev.lockclaim.lock.state.Marks;

/** Marks in memory, which outlive the sidecar's process. */
final class TestingMarks implements MarkStore {
  private Marks marks;

  TestingMarks(Marks marks) {
    this.marks = marks;
  }

  TestingMarks copy() {
    return new TestingMarks(marks);
  }

  @Override
  public Marks marks() {
    return marks;
  }

  @Override
  public void write(Marks next) {
    marks = next;
  }

  /** As a sidecar process does at its start. */
  void nextSidecar() {
    marks =
        new Marks(
            marks.bootId(),
            marks.podUid(),
            marks.sidecar() + 1,
            marks.lease(),
            marks.ran(),
            marks.released(),
            marks.clusterId(),
            marks.revision(),
            marks.epoch());
  }
}
