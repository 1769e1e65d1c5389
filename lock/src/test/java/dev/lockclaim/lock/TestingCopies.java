package dev.lockclaim.lock;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The parts of a core: it is a few objects with values in them that never change themselves, so a
 * copy of it is a new one with the same values. Fails when a core gets a part that is not known
 * here.
 */
final class TestingCopies {
  /** What a core is made of. */
  private static final List<Class<?>> PARTS =
      List.of(CandidateCore.class, Session.class, Tenure.class, Conversation.class, Orders.class);

  /** What a core is given: each pod has its own, with the same in it. */
  private static final Set<Class<?>> GIVEN =
      Set.of(
          CandidateConfig.class,
          BootClock.class,
          LongSupplier.class,
          LockObserver.class,
          dev.lockclaim.lock.view.Identity.class,
          dev.lockclaim.lock.state.MarkStore.class,
          String.class,
          int.class);

  private static final ClassValue<List<Field>> VALUES = fields(false);
  private static final ClassValue<List<Field>> INNER = fields(true);

  private TestingCopies() {}

  private static ClassValue<List<Field>> fields(boolean parts) {
    return new ClassValue<>() {
      @Override
      protected List<Field> computeValue(Class<?> type) {
        List<Field> all = new ArrayList<>();
        for (Field field : type.getDeclaredFields()) {
          if (Modifier.isStatic(field.getModifiers())) {
            continue;
          }
          boolean isPart = PARTS.contains(field.getType());
          boolean isFinal = Modifier.isFinal(field.getModifiers());
          if (isFinal && !isPart && !GIVEN.contains(field.getType())) {
            throw new IllegalStateException("TestingCopies must learn of " + field);
          }
          // Parts know each other: only the core's own are gone into, each once.
          if (parts ? isPart && type == CandidateCore.class : !isFinal) {
            field.setAccessible(true);
            all.add(field);
          }
        }
        return List.copyOf(all);
      }
    };
  }

  /** Fields with values that change. */
  static List<Field> values(Class<?> part) {
    return VALUES.get(part);
  }

  /** Fields with parts of their own. */
  static List<Field> parts(Class<?> part) {
    return INNER.get(part);
  }

  /** Makes a new core the twin of another one. */
  static CandidateCore of(CandidateCore from, CandidateCore to) {
    copy(from, to);
    return to;
  }

  private static void copy(Object from, Object to) {
    try {
      for (Field field : values(from.getClass())) {
        field.set(to, field.get(from));
      }
      for (Field field : parts(from.getClass())) {
        copy(field.get(from), field.get(to));
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
