package dev.lockclaim.lock;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;

/** CLOCK_BOOTTIME: runs on while the machine is suspended, and is never set. */
@FunctionalInterface
public interface BootClock {
  /** Nanoseconds since the boot; never ahead of the clock, at most 10 ms behind it. */
  long nanos();

  /**
   * The kernel's clock by /proc/uptime, which rounds down: a send time read from it is early, the
   * safe side. Java's own nanoTime stands still in a suspend. Safe for use by many threads; holds a
   * file open for the life of the process.
   *
   * @throws UncheckedIOException when there is no such file
   */
  static BootClock system() {
    RandomAccessFile uptime;
    try {
      uptime = new RandomAccessFile("/proc/uptime", "r");
    } catch (IOException e) {
      throw new UncheckedIOException("/proc/uptime cannot be read; mount /proc", e);
    }
    return new UptimeClock(uptime)::nanos;
  }
}
