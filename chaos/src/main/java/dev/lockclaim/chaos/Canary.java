package dev.lockclaim.chaos;

import java.util.ArrayList;
import java.util.List;

/**
 * Feels whether the machine itself stands still: a thread that sleeps for a moment and looks how
 * much longer it took. Where it did, bounds of time prove nothing about the lock. Safe for use by
 * many threads.
 */
final class Canary {
  private static final long NAP_MILLIS = 10;

  /** What a gate has for its KILL is half a second; a stall of less than this disturbs nothing. */
  private static final long LEAST_STALL_MILLIS = 100;

  private record Stall(long atNanos, long millis) {}

  private final List<Stall> stalls = new ArrayList<>();

  void start() {
    Thread thread = Thread.ofPlatform().daemon().name("canary").unstarted(this::feel);
    thread.start();
  }

  private void feel() {
    while (true) {
      long before = System.nanoTime();
      try {
        Thread.sleep(NAP_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      long now = System.nanoTime();
      long longer = (now - before) / 1_000_000 - NAP_MILLIS;
      if (longer >= LEAST_STALL_MILLIS) {
        add(new Stall(now, longer));
      }
    }
  }

  private synchronized void add(Stall stall) {
    stalls.add(stall);
  }

  /** How long the machine stood still since then (System.nanoTime), in all. */
  synchronized long stalledMillisSince(long nanos) {
    return stalls.stream().filter(stall -> stall.atNanos() > nanos).mapToLong(Stall::millis).sum();
  }
}
