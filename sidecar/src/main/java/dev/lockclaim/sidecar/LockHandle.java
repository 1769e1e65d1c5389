package dev.lockclaim.sidecar;

import dev.lockclaim.sidecar.api.LockView;
import dev.lockclaim.sidecar.api.YieldAnswer;
import dev.lockclaim.sidecar.metrics.SidecarMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.*;
import java.util.function.Consumer;
import java.util.function.Supplier;

public final class LockHandle implements AutoCloseable {
  public record Settings(
      String namespace,
      String name,
      String podName,
      String podUid,
      String nodeName,
      String podRevision,
      int ttlSeconds,
      int stopGraceSeconds,
      Path etcdDir,
      OptionalInt defaultSlots) {}

  private final Settings s;

  LockHandle(Settings s) {
    this.s = s;
  }

  public static LockHandle open(Settings settings, Path stateFolder)
      throws IOException, WrongSettings {
    if (settings.ttlSeconds() < 0) {
      throw new IOException("x");
    }
    return new LockHandle(settings);
  }

  public Settings settings() {
    return s;
  }

  int sidecarNumber() {
    return 1;
  }

  LockView view() {
    return new LockView(
        LockView.State.CONNECTING,
        "a/b",
        OptionalInt.empty(),
        OptionalLong.empty(),
        0,
        0,
        0,
        List.of(),
        OptionalInt.empty(),
        0,
        "stub");
  }

  long bootNanos() {
    return 0;
  }

  YieldAnswer giveUp(boolean force, Optional<String> to) {
    return null;
  }

  Optional<String> stuck() {
    return Optional.empty();
  }

  void explainWith(Supplier<Optional<String>> trouble) {}

  void start(MainJoint joint, SidecarMetrics metrics, Consumer<LockView> listener) {}

  @Override
  public void close() {}
}
