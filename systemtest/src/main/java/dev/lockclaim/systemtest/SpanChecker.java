package dev.lockclaim.systemtest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges a claim with one slot by what main wrote alone: never two at once, and each start with a
 * higher token than all before it.
 */
final class SpanChecker {
  private SpanChecker() {}

  /** All spans in order of their first record, and every way in which they break the promise. */
  record Verdict(List<Span> spans, List<String> violations) {
    Verdict {
      spans = List.copyOf(spans);
      violations = List.copyOf(violations);
    }
  }

  /** Records are in the order in which they reached the file. */
  static Verdict check(List<MainRecord> records) {
    List<String> violations = new ArrayList<>();
    Map<String, Span> byStart = new LinkedHashMap<>();
    for (MainRecord record : records) {
      Span span = byStart.get(record.start());
      if (span == null) {
        if (record.kind() != MainRecord.Kind.START) {
          violations.add("main is heard before its start: " + record);
        }
        span = spanOf(record);
      } else {
        span = longer(span, record, violations);
      }
      byStart.put(record.start(), span);
    }
    List<Span> spans = new ArrayList<>(byStart.values());
    spans.sort(Comparator.comparingLong(Span::firstMillis));
    compare(spans, violations);
    return new Verdict(spans, violations);
  }

  private static Span spanOf(MainRecord record) {
    return new Span(
        record.start(),
        record.pod(),
        record.token(),
        record.bootMillis(),
        record.bootMillis(),
        record.kind() == MainRecord.Kind.END);
  }

  private static Span longer(Span span, MainRecord record, List<String> violations) {
    if (!span.pod().equals(record.pod()) || span.token() != record.token()) {
      violations.add("pod or token changed while main ran: " + span + ", then " + record);
    }
    if (span.ended()) {
      violations.add("main is heard after its end: " + span + ", then " + record);
    }
    if (record.bootMillis() < span.lastMillis()) {
      violations.add("the clock went backwards: " + span + ", then " + record);
    }
    return new Span(
        span.start(),
        span.pod(),
        span.token(),
        span.firstMillis(),
        Math.max(span.lastMillis(), record.bootMillis()),
        span.ended() || record.kind() == MainRecord.Kind.END);
  }

  // Readings are rounded down alike, so an order that is kept in truth is kept here too, if not
  // strictly: equal times of an end and a start prove nothing.
  private static void compare(List<Span> spans, List<String> violations) {
    Span latest = null;
    long highest = Long.MIN_VALUE;
    for (Span span : spans) {
      if (latest != null && latest.lastMillis() > span.firstMillis()) {
        violations.add("two were active at once: " + latest + " and " + span);
      }
      if (span.token() <= highest) {
        violations.add("token " + span.token() + " came after " + highest + ": " + span);
      }
      highest = Math.max(highest, span.token());
      if (latest == null || span.lastMillis() > latest.lastMillis()) {
        latest = span;
      }
    }
  }
}
