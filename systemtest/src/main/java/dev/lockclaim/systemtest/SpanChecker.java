package dev.lockclaim.systemtest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges a claim with one slot by what main wrote alone: never two at once, and each start with a
 * higher token than all before it. Not safe for use by several threads.
 */
public final class SpanChecker {
  private final Map<String, Span> byStart = new LinkedHashMap<>();
  private final Map<String, String> lateByStart = new LinkedHashMap<>();
  private final List<String> heard = new ArrayList<>();
  private long highestToken = Long.MIN_VALUE;

  /**
   * What the records say.
   *
   * @param spans in order of their first record
   * @param violations every way in which main's own times break the promise
   * @param late each start of which a record reached the file after one of a higher token, whatever
   *     time it bears: a store that does not look at tokens would have taken that write
   */
  public record Verdict(List<Span> spans, List<String> violations, List<String> late) {
    /** Copies its lists. */
    public Verdict {
      spans = List.copyOf(spans);
      violations = List.copyOf(violations);
      late = List.copyOf(late);
    }
  }

  /** Judges all records at once; they are in the order in which they reached the file. */
  public static Verdict check(Collection<MainRecord> records) {
    SpanChecker checker = new SpanChecker();
    records.forEach(checker::add);
    return checker.verdict();
  }

  /** Takes the next record of the file. */
  public void add(MainRecord record) {
    Span span = byStart.get(record.start());
    if (span == null) {
      if (record.kind() != MainRecord.Kind.START) {
        heard.add("main is heard before its start: " + record);
      }
      span = spanOf(record);
    } else {
      if (record.token() < highestToken) {
        lateByStart.putIfAbsent(
            record.start(), record + " was written after one of token " + highestToken);
      }
      span = longer(span, record);
    }
    byStart.put(record.start(), span);
    highestToken = Math.max(highestToken, record.token());
  }

  /** Judges what was taken so far. */
  public Verdict verdict() {
    List<String> violations = new ArrayList<>(heard);
    List<Span> spans = new ArrayList<>(byStart.values());
    spans.sort(Comparator.comparingLong(Span::firstNanos));
    compare(spans, violations);
    return new Verdict(spans, violations, List.copyOf(lateByStart.values()));
  }

  private static Span spanOf(MainRecord record) {
    return new Span(
        record.start(),
        record.pod(),
        record.token(),
        record.bootNanos(),
        record.bootNanos(),
        record.kind() == MainRecord.Kind.END);
  }

  // Several processes of one main write at once, so their records may be out of order by time.
  private Span longer(Span span, MainRecord record) {
    if (!span.pod().equals(record.pod()) || span.token() != record.token()) {
      heard.add("pod or token changed while main ran: " + span + ", then " + record);
    }
    if (span.ended()) {
      heard.add("main is heard after its end: " + span + ", then " + record);
    }
    return new Span(
        span.start(),
        span.pod(),
        span.token(),
        Math.min(span.firstNanos(), record.bootNanos()),
        Math.max(span.lastNanos(), record.bootNanos()),
        span.ended() || record.kind() == MainRecord.Kind.END);
  }

  // Readings are rounded down alike, so an order that is kept in truth is kept here too, if not
  // strictly: equal times of an end and a start prove nothing.
  private static void compare(List<Span> spans, List<String> violations) {
    Span latest = null;
    long highest = Long.MIN_VALUE;
    for (Span span : spans) {
      if (latest != null && latest.lastNanos() > span.firstNanos()) {
        violations.add("two were active at once: " + latest + " and " + span);
      }
      if (span.token() <= highest) {
        violations.add("token " + span.token() + " came after " + highest + ": " + span);
      }
      highest = Math.max(highest, span.token());
      if (latest == null || span.lastNanos() > latest.lastNanos()) {
        latest = span;
      }
    }
  }
}
