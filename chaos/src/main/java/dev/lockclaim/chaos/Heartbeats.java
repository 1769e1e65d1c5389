package dev.lockclaim.chaos;

import dev.lockclaim.systemtest.MainRecord;
import dev.lockclaim.systemtest.Span;
import dev.lockclaim.systemtest.SpanChecker;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Follows the file of main's records. Safe for use by many threads. */
final class Heartbeats {
  /** Main writes every 5 ms; on a busy machine a record may be late. */
  private static final long FRESH_NANOS = 500_000_000L;

  /** Main writes every 5 ms: so long a silence of a living main is the machine's. */
  private static final long SILENCE_NANOS = 150_000_000L;

  private record Silence(long fromNanos, long toNanos) {}

  private final Path file;
  private final Map<String, Long> lastByStart = new HashMap<>();
  private final List<Silence> silences = new ArrayList<>();
  private final SpanChecker checker = new SpanChecker();
  private long offset;
  private String rest = "";

  Heartbeats(Path file) {
    this.file = file;
  }

  /** What all records so far say. */
  synchronized SpanChecker.Verdict verdict() {
    try {
      follow();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
    return checker.verdict();
  }

  /** The main that is heard now; the one of the highest token, should there be two. */
  Optional<Span> active() throws IOException {
    List<Span> spans = verdict().spans();
    long since = BootClock.nanos() - FRESH_NANOS;
    return spans.reversed().stream().filter(span -> span.lastNanos() > since).findFirst();
  }

  /** The longest time in which nobody was active, of what lies between these times. */
  long longestIdleMillis(long fromNanos, long toNanos) {
    long covered = fromNanos;
    long longest = 0;
    for (Span span : verdict().spans()) {
      if (span.firstNanos() >= toNanos) {
        break;
      }
      longest = Math.max(longest, span.firstNanos() - covered);
      covered = Math.max(covered, span.lastNanos());
    }
    return Math.max(longest, toNanos - covered - FRESH_NANOS) / 1_000_000;
  }

  /** How long mains were silent that were heard again afterwards, in all, since that time. */
  synchronized long silentMillisSince(long fromNanos) {
    return silences.stream()
        .filter(silence -> silence.toNanos() > fromNanos)
        .mapToLong(silence -> (silence.toNanos() - silence.fromNanos()) / 1_000_000)
        .sum();
  }

  private void take(MainRecord record) {
    checker.add(record);
    Long last = lastByStart.put(record.start(), record.bootNanos());
    if (last != null && record.bootNanos() - last > SILENCE_NANOS) {
      silences.add(new Silence(last, record.bootNanos()));
    }
  }

  private void follow() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    try (RandomAccessFile records = new RandomAccessFile(file.toFile(), "r")) {
      byte[] bytes = new byte[(int) Math.min(records.length() - offset, 1 << 24)];
      records.seek(offset);
      records.readFully(bytes);
      offset += bytes.length;
      String text = rest + new String(bytes, StandardCharsets.US_ASCII);
      int end = text.lastIndexOf('\n') + 1;
      rest = text.substring(end);
      text.substring(0, end).lines().map(MainRecord::parse).forEach(this::take);
    }
  }
}
