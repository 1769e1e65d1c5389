package dev.lockclaim.lock;

import dev.lockclaim.lock.TestingWorld.Choice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks at every state that a world can get into, breadth first: what it finds wrong it finds by
 * the shortest way. From each of so many states a fair run must grant what is free.
 */
final class TestingSearch {
  /**
   * What was seen.
   *
   * @param complete whether every state was; else all that are reached in fewer steps than the
   *     longest path
   * @param longestPath steps to the last states
   * @param grants the most in one history
   * @param waitNanos the longest that a fair run took
   */
  record Result(int states, boolean complete, int longestPath, int grants, long waitNanos) {}

  /** A state that is to be gone on from. */
  private record Open(TestingWorld world, int number) {}

  private final TestingScale scale;
  private final int limit;
  private final int fairEach;
  private final long boundNanos;
  private final TestingSeen seen = new TestingSeen();
  private final List<Choice> choices = new ArrayList<>();
  private final Map<Choice, Integer> numbers = new HashMap<>();
  private int grants;
  private long waitNanos;

  /**
   * A search that has not begun.
   *
   * @param limit cut after so many states
   * @param fairEach a fair run from each so-many-th state
   * @param boundNanos in which it must grant
   */
  TestingSearch(TestingScale scale, int limit, int fairEach, long boundNanos) {
    this.scale = scale;
    this.limit = limit;
    this.fairEach = fairEach;
    this.boundNanos = boundNanos;
  }

  /**
   * Searches.
   *
   * @throws AssertionError with the story when a promise can be broken
   */
  Result run() {
    TestingWorld start = start();
    seen.add(start.fingerprint(), -1, 0);
    List<Open> level = List.of(new Open(start, 0));
    int depth = 0;
    while (!level.isEmpty() && seen.size() < limit) {
      depth++;
      List<Open> next = new ArrayList<>();
      for (Open open : level) {
        for (Choice choice : open.world().choices()) {
          TestingWorld world = follow(open, choice);
          if (seen.add(world.fingerprint(), open.number(), number(choice))) {
            int state = seen.size() - 1;
            grants = Math.max(grants, world.judge.grants);
            next.add(new Open(world, state));
            if (state % fairEach == 0) {
              runFairly(world, state);
            }
          }
        }
      }
      level = next;
    }
    return new Result(seen.size(), level.isEmpty(), depth, grants, waitNanos);
  }

  private TestingWorld start() {
    try {
      return TestingWorld.active(scale);
    } catch (TestingWorld.Broken e) {
      throw new AssertionError("after 0 states, 0 steps:\n" + e, e);
    }
  }

  private TestingWorld follow(Open open, Choice choice) {
    TestingWorld world = open.world().copyFor(choice);
    try {
      world.apply(choice);
      return world;
    } catch (RuntimeException e) {
      throw new AssertionError(story(open.number(), e + "\n  " + choice + "\n", world), e);
    }
  }

  private void runFairly(TestingWorld world, int state) {
    TestingWorld fair = world.copy();
    try {
      long wait = TestingFairRun.settle(fair, boundNanos);
      if (wait < 0) {
        throw new TestingWorld.Broken("a free slot is not granted within the bound");
      }
      waitNanos = Math.max(waitNanos, wait);
    } catch (RuntimeException e) {
      String then = "  and then nothing that is wrong:\n" + fair;
      throw new AssertionError(story(state, e + "\n" + then, world), e);
    }
  }

  private int number(Choice choice) {
    return numbers.computeIfAbsent(
        choice,
        fresh -> {
          choices.add(fresh);
          return choices.size() - 1;
        });
  }

  private String story(int state, String end, TestingWorld world) {
    List<Choice> path = new ArrayList<>();
    for (int at = state; seen.parent(at) >= 0; at = seen.parent(at)) {
      path.add(choices.get(seen.choice(at)));
    }
    Collections.reverse(path);
    StringBuilder text =
        new StringBuilder("after " + seen.size() + " states, " + path.size() + " steps:\n");
    // Told by making them again: what is on its way says more than its number.
    TestingWorld again = TestingWorld.active(scale);
    for (Choice choice : path) {
      text.append("  ").append(again.tell(choice)).append('\n');
      again.apply(choice);
    }
    return text.append(end).append(world).toString();
  }
}
