package dev.lockclaim.lock;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;

/**
 * Reads /proc/uptime over and over. The file stays open and no text is made of it: the clock is
 * read several times between a release and the next one's start, each on a cold cache, where
 * opening the file took a tenth of a millisecond. (A channel would not do: an interrupt of one
 * reader closes it for all.)
 */
final class UptimeClock {
  private static final long SECOND = 1_000_000_000L;
  private static final long HUNDREDTH = 10_000_000L;

  /** Twenty digits, a dot and two more; what follows is of no use. */
  private static final int LONGEST = 23;

  private final RandomAccessFile file;
  private final byte[] text = new byte[LONGEST];

  UptimeClock(RandomAccessFile file) {
    this.file = file;
  }

  synchronized long nanos() {
    try {
      file.seek(0);
      return nanos(text, file.read(text));
    } catch (IOException e) {
      throw new UncheckedIOException("/proc/uptime cannot be read; mount /proc", e);
    }
  }

  /** Of seconds with two decimals. */
  static long nanos(byte[] text, int length) throws IOException {
    long seconds = 0;
    int at = 0;
    while (at < length && isDigit(text[at])) {
      seconds = seconds * 10 + text[at++] - '0';
    }
    if (at == 0
        || at + 2 >= length
        || text[at] != '.'
        || !isDigit(text[at + 1])
        || !isDigit(text[at + 2])) {
      throw new IOException("it does not begin with seconds and hundredths");
    }
    return seconds * SECOND + ((text[at + 1] - '0') * 10 + text[at + 2] - '0') * HUNDREDTH;
  }

  private static boolean isDigit(byte character) {
    return character >= '0' && character <= '9';
  }
}
