package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.TestingScale.Fault;
import dev.lockclaim.lock.TestingScale.Trait;
import dev.lockclaim.lock.TestingWorld.Choice;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the search rests on: a copy of a world is the same world, and another one. */
final class WorldCopyTest {
  private static final int STEPS = 400;

  private static TestingScale scale() {
    return new TestingScale(
        3,
        2,
        5,
        1,
        2,
        0,
        List.of(10_000_000L, 1_000_000_000L),
        EnumSet.allOf(Fault.class),
        30,
        EnumSet.of(Trait.SLOW_EXEC, Trait.OLD_ETCD),
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE);
  }

  /** Of a copy: pods keep theirs, for they are asked when they do not change any more. */
  private static long print(TestingWorld world) {
    return world.copy().fingerprint();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void aCopyGoesOnAsItsWorldDoes(long seed) {
    Random random = new Random(seed);
    TestingWorld world = new TestingWorld(scale());
    TestingWorld copied = new TestingWorld(scale());
    for (int i = 0; i < STEPS; i++) {
      List<Choice> choices = world.choices();
      assertThat(copied.choices()).as("step %d", i).isEqualTo(choices);
      Choice choice = choices.get(random.nextInt(choices.size()));
      TestingWorld before = copied;
      String was = before.toString();
      long stood = print(before);
      copied = before.copyFor(choice);
      assertThat(print(copied)).as("step %d", i).isEqualTo(stood);
      world.apply(choice);
      copied.apply(choice);
      assertThat(print(copied)).as("%d %s", i, choice).isEqualTo(print(world));
      // What the copy went on to do is not the first one's.
      assertThat(before).as("%d %s", i, choice).hasToString(was);
      assertThat(print(before)).as("%d %s", i, choice).isEqualTo(stood);
    }
    assertThat(copied).hasToString(world.toString());
  }
}
