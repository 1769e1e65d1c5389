package dev.lockclaim.lock;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** CLOCK_BOOTTIME: runs on while the machine is suspended, and is never set. */
@FunctionalInterface
public interface BootClock {
  /** Nanoseconds since the boot; never ahead of the clock, at most 10 ms behind it. */
  long nanos();

  /**
   * The kernel's clock by /proc/uptime, which rounds down: a send time read from it is early, the
   * safe side. Java's own nanoTime stands still in a suspend.
   */
  static BootClock system() {
    Path uptime = Path.of("/proc/uptime");
    return () -> {
      try {
        String text = Files.readString(uptime, StandardCharsets.US_ASCII);
        int dot = text.indexOf('.');
        long seconds = Long.parseLong(text, 0, dot, 10);
        long hundredths = Long.parseLong(text, dot + 1, dot + 3, 10);
        return seconds * 1_000_000_000 + hundredths * 10_000_000;
      } catch (IOException e) {
        throw new UncheckedIOException("/proc/uptime cannot be read; mount /proc", e);
      }
    };
  }
}
