package dev.lockclaim.sidecar.gates;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What keeps gates that are there from running main. Changed on the gates' event loop only; read by
 * any thread.
 */
final class GateTroubles {
  private final Runnable changed;
  private volatile Map<String, String> sentences = Map.of();

  /**
   * None yet.
   *
   * @param changed called after each change, on the event loop
   */
  GateTroubles(Runnable changed) {
    this.changed = changed;
  }

  /** The oldest trouble. */
  Optional<String> first() {
    return sentences.values().stream().findFirst();
  }

  /** The clocks were compared, and differ. Gives the sentence. */
  String clockDiffers(long link, String container, long nanos) {
    String sentence =
        "the gate of container %s reads another CLOCK_BOOTTIME than the sidecar, off by %d ms, so its deadlines would be wrong: run both without lxcfs' /proc/uptime, in one time namespace and under one kernel"
            .formatted(container, nanos / 1_000_000);
    add(clockOf(link), sentence);
    return sentence;
  }

  /** The clocks agree, or the connection is no more. */
  void clockAgrees(long link) {
    over(clockOf(link));
  }

  /** A command that could not be executed is worth knowing until it could. */
  void heard(String container, GateLine line) {
    String about = "execution " + container;
    if (line instanceof GateLine.Started) {
      over(about);
    } else if (line instanceof GateLine.Refused(long _, Refusal reason, long _)
        && reason == Refusal.EXEC) {
      add(
          about,
          "the command of container "
              + container
              + " could not be executed; the container's log says why");
    }
  }

  private static String clockOf(long link) {
    return "clock " + link;
  }

  private void add(String about, String sentence) {
    if (!sentence.equals(sentences.get(about))) {
      Map<String, String> more = new LinkedHashMap<>(sentences);
      more.put(about, sentence);
      show(more);
    }
  }

  private void over(String about) {
    if (sentences.containsKey(about)) {
      Map<String, String> fewer = new LinkedHashMap<>(sentences);
      fewer.remove(about);
      show(fewer);
    }
  }

  private void show(Map<String, String> now) {
    sentences = now;
    changed.run();
  }
}
