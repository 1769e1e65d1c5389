package dev.lockclaim.sidecar.gates;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Searches all orders of events in small worlds: no token may run after it was given away, and a
 * token that is held must come to an end once nothing goes wrong any more.
 */
class GateSetSearchTest {
  /**
   * Of each small world so many different states are seen, 400,000 in all: breadth first, so that
   * all short histories are among them. (There are more than 1.5 million of the first world.)
   */
  private static final int MAX_STATES = 100_000;

  private record Visit(TestingWorld world, Visit before, String step) {
    List<String> path() {
      Deque<String> steps = new ArrayDeque<>();
      for (Visit visit = this; visit != null; visit = visit.before) {
        steps.addFirst(visit.step);
      }
      return List.copyOf(steps);
    }
  }

  @Test
  void oneContainerWithEverythingGoingWrongOnce() {
    TestingWorld.Budget budget = budget();
    budget.breaks = 1;
    budget.kills = 1;
    budget.restarts = 1;
    search(budget, "worker");
  }

  @Test
  void oneContainerWithTwoSidecarRestarts() {
    TestingWorld.Budget budget = budget();
    budget.restarts = 2;
    budget.lates = 1;
    search(budget, "worker");
  }

  @Test
  void twoContainersWithAKillAndABreak() {
    TestingWorld.Budget budget = budget();
    budget.grants = 1;
    budget.kills = 1;
    budget.breaks = 1;
    search(budget, "a", "b");
  }

  @Test
  void twoContainersWithASidecarRestart() {
    TestingWorld.Budget budget = budget();
    budget.grants = 1;
    budget.restarts = 1;
    search(budget, "a", "b");
  }

  private static TestingWorld.Budget budget() {
    TestingWorld.Budget budget = new TestingWorld.Budget();
    budget.grants = 2;
    budget.exits = 1;
    budget.stops = 1;
    return budget;
  }

  private static void search(TestingWorld.Budget budget, String... containers) {
    TestingWorld first =
        new TestingWorld(
            new GateSet.Config(List.of(containers), 3000, RestartPolicy.ALWAYS), budget);
    Map<Object, Integer> numbers = TestingKey.numbers();
    Set<String> seen = new HashSet<>();
    Deque<Visit> queue = new ArrayDeque<>();
    queue.add(new Visit(first, null, "start"));
    seen.add(first.key(numbers));
    boolean granted = false;
    while (!queue.isEmpty() && seen.size() < MAX_STATES) {
      Visit visit = queue.removeFirst();
      granted |= visit.world.holds();
      List<TestingWorld.Step> steps = visit.world.steps();
      for (TestingWorld.Step step : steps) {
        TestingWorld next = visit.world.copy();
        step.action().accept(next);
        Visit after = new Visit(next, visit, step.name());
        assertThat(next.violation).as("after %s", after.path()).isEmpty();
        if (seen.add(next.key(numbers))) {
          queue.add(after);
        }
      }
      if (steps.isEmpty()) {
        assertNotStuck(visit);
      }
    }
    assertThat(granted).as("some world was granted a token").isTrue();
  }

  /** With nothing left to happen main runs, or no token is held. */
  private static void assertNotStuck(Visit end) {
    if (end.world.holds()) {
      assertThat(end.world.runsEverywhere()).as("stuck after %s", end.path()).isTrue();
    }
  }
}
