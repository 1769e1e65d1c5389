package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.LeaseWord;
import dev.lockclaim.lock.decide.Running;
import dev.lockclaim.lock.view.LockView;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * 64 bits that stand for a state. Times count from now: fields that end in Nanos, as everywhere in
 * this code. What is longer ago than anything looks back is all the same.
 */
final class TestingFingerprint {
  /** A duration or none, not a reading of the clock: those of the tests begin above it. */
  private static final long DURATION = 500_000_000_000L;

  /** The longest that anything looks back for: a RUN that is not answered, 10 s. */
  private static final long LOOK_BACK_NANOS = 11_000_000_000L;

  private static final long SECOND = 1_000_000_000L;

  /** Deadlines: what is over is over. */
  private static final List<String> DEADLINES =
      List.of(
          "termNanos", "killNanos", "goneNanos", "notBeforeNanos", "nextTryNanos", "lateTermNanos");

  /** Told to the metrics alone. */
  private static final String JOINED = "joinedNanos";

  private static final ClassValue<List<Field>> COMPONENTS =
      new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> type) {
          List<Field> all = new ArrayList<>();
          for (Field field : type.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers())) {
              field.setAccessible(true);
              all.add(field);
            }
          }
          return List.copyOf(all);
        }
      };

  private final Map<String, Long> lookBacks;
  private long hash = 0x9E3779B97F4A7C15L;
  private final long nowNanos;

  /** Of something in a world with these times, at some time. */
  TestingFingerprint(TestingScale scale, long nowNanos) {
    this(
        nowNanos,
        Map.of(
            "readNanos", scale.ttlSeconds() * SECOND,
            "watchedNanos", SECOND,
            "askedNanos", SECOND / 2,
            "lostNanos", 5 * SECOND,
            "ledgerSeenNanos", scale.delaySeconds() * SECOND));
  }

  private TestingFingerprint(long nowNanos, Map<String, Long> lookBacks) {
    this.nowNanos = nowNanos;
    this.lookBacks = lookBacks;
  }

  long hash() {
    return mix(hash);
  }

  void add(long value) {
    hash = mix(hash ^ value) + 0x632BE59BD9B4E019L;
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A time that something waits for: over, or how far ahead. */
  void deadline(long nanos) {
    add(nanos == Long.MAX_VALUE ? nanos : Math.max(nanos - nowNanos, 0));
  }

  /** A time of something that is looked back to for so long. */
  void past(long nanos, long lookBackNanos) {
    add(nanos == Long.MAX_VALUE ? nanos : Math.max(nanos - nowNanos, -lookBackNanos - 1));
  }

  /** All of a core that decisions are made from. */
  void core(CandidateCore core) {
    part(core);
  }

  private void part(Object part) {
    try {
      for (Field field : TestingCopies.values(part.getClass())) {
        if (!field.getName().equals(JOINED)) {
          field(field.getName(), field.get(part));
        }
      }
      for (Field field : TestingCopies.parts(part.getClass())) {
        part(field.get(part));
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A value that does not change. */
  void value(Object value) {
    field("", value);
  }

  private void field(String name, Object value) {
    switch (value) {
      case null -> add(0);
      case Long number -> number(name, number);
      case Integer number -> add(number);
      case Boolean yes -> add(yes ? 1 : 2);
      case String text -> add(text.hashCode());
      case Enum<?> one -> add(one.name().hashCode());
      case Optional<?> some -> field(name, some.orElse(null));
      case OptionalLong some -> add(some.orElse(-1));
      case LockView view -> {
        add(view.clusterId());
        add(view.revision());
        add(view.hashCode());
      }
      case Map<?, ?> map -> {
        long sum = 0;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          TestingFingerprint one = new TestingFingerprint(nowNanos, lookBacks);
          one.value(entry.getKey());
          one.field(name, entry.getValue());
          sum += one.hash();
        }
        add(sum);
      }
      case List<?> list -> {
        add(list.size());
        list.forEach(one -> field(name, one));
      }
      case Collection<?> set -> {
        long sum = 0;
        for (Object each : set) {
          TestingFingerprint one = new TestingFingerprint(nowNanos, lookBacks);
          one.field(name, each);
          sum += one.hash();
        }
        add(sum);
      }
      case Record record -> components(record);
      default -> throw new IllegalStateException("no fingerprint of " + value.getClass());
    }
  }

  private void number(String name, long number) {
    if (!name.endsWith("Nanos") || number < DURATION) {
      add(number);
    } else if (DEADLINES.contains(name)) {
      deadline(number);
    } else {
      past(number, lookBacks.getOrDefault(name, LOOK_BACK_NANOS));
    }
  }

  private void components(Record record) {
    add(record.getClass().getName().hashCode());
    String none =
        switch (record) {
          // When main began is looked at until the gate has said that it did.
          case Running running when running.started() -> "sinceNanos";
          // And when a lease was asked for, until it has ended.
          case LeaseWord word when word.ended() -> "askedNanos";
          default -> "";
        };
    try {
      for (Field field : COMPONENTS.get(record.getClass())) {
        if (!field.getName().equals(none)) {
          field(field.getName(), field.get(record));
        }
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
