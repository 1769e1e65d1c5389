package dev.lockclaim.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The clock of main's records, as coarse as the kernel's file has it. */
final class BootClock {
  private static final Path UPTIME = Path.of("/proc/uptime");

  private BootClock() {}

  static long nanos() throws IOException {
    String text = Files.readString(UPTIME);
    return Math.round(Double.parseDouble(text.substring(0, text.indexOf(' '))) * 100) * 10_000_000L;
  }
}
