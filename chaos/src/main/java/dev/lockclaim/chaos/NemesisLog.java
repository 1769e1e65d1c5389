package dev.lockclaim.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** What was done when, by the clock of main's records. Safe for use by many threads. */
final class NemesisLog {
  private final Path file;

  NemesisLog(Path file) {
    this.file = file;
  }

  synchronized void say(String what) {
    try {
      String line =
          String.format(
              Locale.ROOT, "%.2f %s%s", BootClock.nanos() / 1e9, what, System.lineSeparator());
      Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }
}
