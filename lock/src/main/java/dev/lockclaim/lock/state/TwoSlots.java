package dev.lockclaim.lock.state;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A line of text in a file that is whole whatever becomes of the process: it is written to two
 * slots in turn, each with a number and a checksum, so that a write that is cut short leaves the
 * line before. One small write, where a new file and a rename are five calls: the lock changes
 * hands between two of these. Nothing is synced, since nothing that runs outlives the machine's
 * boot; after a loss of power the line may be an older one, or the file unreadable. Not safe for
 * use by several threads.
 */
final class TwoSlots implements AutoCloseable {
  /** Of a slot: a page, so that no write touches both. */
  static final int SLOT_BYTES = 4096;

  private static final int HEX_DIGITS = 16;

  /** Number, space, checksum, space. */
  private static final int HEAD_BYTES = 2 * (HEX_DIGITS + 1);

  private record Found(long number, String text) {}

  private final RandomAccessFile file;
  private long number;
  private Optional<String> text;

  private TwoSlots(RandomAccessFile file, Optional<Found> newest) {
    this.file = file;
    number = newest.map(Found::number).orElse(0L);
    text = newest.map(Found::text);
  }

  /**
   * Opens the file, which is made if it is not there.
   *
   * @throws IOException when it is there and no slot of it is whole, or it cannot be used
   */
  static TwoSlots open(Path path) throws IOException {
    boolean isNew = !Files.exists(path);
    if (isNew) {
      // Under its name it is never without its size, also after a loss of power: an empty one was
      // not made here.
      Path draft = path.resolveSibling(path.getFileName() + ".new");
      try (FileChannel made =
          FileChannel.open(
              draft,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer nothing = ByteBuffer.allocate(2 * SLOT_BYTES);
        while (nothing.hasRemaining()) {
          made.write(nothing);
        }
        made.force(true);
      }
      Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
    }
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
    try {
      return new TwoSlots(file, newest(read(file)));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** What was written last; nothing in a new file. */
  Optional<String> text() {
    return text;
  }

  /** Returns when it outlives this process, though not a loss of power. */
  void write(String next) throws IOException {
    byte[] body = next.getBytes(StandardCharsets.UTF_8);
    if (HEAD_BYTES + body.length >= SLOT_BYTES) {
      throw new IOException("it would be longer than " + SLOT_BYTES + " bytes");
    }
    if (next.indexOf('\n') >= 0) {
      throw new IOException("it would be more than one line");
    }
    // No more than there is, and by the shortest way: the lock changes hands between two of these.
    byte[] line = new byte[HEAD_BYTES + body.length + 1];
    putHex(number + 1, line, 0);
    line[HEX_DIGITS] = ' ';
    putHex(checksum(number + 1, body), line, HEX_DIGITS + 1);
    line[HEAD_BYTES - 1] = ' ';
    System.arraycopy(body, 0, line, HEAD_BYTES, body.length);
    line[line.length - 1] = '\n';
    file.seek((number + 1) % 2 * SLOT_BYTES);
    file.write(line);
    number++;
    text = Optional.of(next);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private static byte[] read(RandomAccessFile file) throws IOException {
    byte[] all = new byte[2 * SLOT_BYTES + 1];
    int length = 0;
    int more = file.read(all);
    while (more > 0) {
      length += more;
      more = file.read(all, length, all.length - length);
    }
    return Arrays.copyOf(all, length);
  }

  private static Optional<Found> newest(byte[] file) throws IOException {
    if (file.length == 2 * SLOT_BYTES) {
      Found newest = null;
      for (int i = 0; i < 2; i++) {
        Found found = slot(Arrays.copyOfRange(file, i * SLOT_BYTES, (i + 1) * SLOT_BYTES));
        if (found != null && (newest == null || found.number() > newest.number())) {
          newest = found;
        }
      }
      if (newest != null) {
        return Optional.of(newest);
      }
      if (isUnwritten(file)) {
        return Optional.empty();
      }
    }
    throw new IOException("no slot of it is whole");
  }

  /** A slot of which all is zero was not written; what a crash leaves of the first write counts. */
  private static boolean isUnwritten(byte[] file) {
    for (int i = 0; i < SLOT_BYTES; i++) {
      if (file[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static Found slot(byte[] slot) {
    String written = new String(slot, StandardCharsets.UTF_8);
    // What follows the line's end is left of an older, longer line.
    int end = written.indexOf('\n');
    if (end < HEAD_BYTES) {
      return null;
    }
    String line = written.substring(0, end);
    try {
      long number = Long.parseUnsignedLong(line.substring(0, HEX_DIGITS), 16);
      long sum = Long.parseUnsignedLong(line.substring(HEX_DIGITS + 1, HEAD_BYTES - 1), 16);
      String text = line.substring(HEAD_BYTES);
      return sum == checksum(number, text.getBytes(StandardCharsets.UTF_8))
          ? new Found(number, text)
          : null;
    } catch (NumberFormatException notWhole) {
      return null;
    }
  }

  private static long checksum(long number, byte[] body) {
    CRC32 crc = new CRC32();
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
    crc.update(body);
    return crc.getValue();
  }

  private static void putHex(long value, byte[] line, int at) {
    for (int i = 0; i < HEX_DIGITS; i++) {
      line[at + i] = (byte) Character.forDigit((int) (value >>> (60 - 4 * i)) & 0xf, 16);
    }
  }
}
