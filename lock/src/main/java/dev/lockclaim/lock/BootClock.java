package dev.lockclaim.lock;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;

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
   * @throws IOException when there is no such file
   */
  static BootClock system() throws IOException {
    try {
      return new UptimeClock(new RandomAccessFile("/proc/uptime", "r"))::nanos;
    } catch (FileNotFoundException e) {
      throw new IOException("/proc/uptime cannot be read (" + e.getMessage() + "); mount /proc", e);
    }
  }
}
