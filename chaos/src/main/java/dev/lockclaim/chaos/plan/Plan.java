package dev.lockclaim.chaos.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * The rounds of a seed, without end: faults alone, until each kind had its turn and all begin again
 * in another order, and storms between them; fewer of these until each kind had its first turn. The
 * same seed gives the same rounds. Not safe for use by several threads.
 */
public final class Plan {
  /** How many faults a storm has. */
  public static final int STORM_FAULTS = 24;

  /** From the first fault of a storm to the last, at most. */
  public static final int STORM_MILLIS = 12_000;

  /**
   * So that all kinds have their turn in 20 minutes: one alone takes 8 s with the peace around it,
   * a storm 20 s.
   */
  private static final int STORM_EVERY_AT_FIRST = 4;

  private static final int STORM_EVERY = 2;

  private final Random random;
  private final List<Case> alone;
  private final List<Case> storm;
  private final Deque<Case> deck = new ArrayDeque<>();
  private int number;
  private int drawn;

  /** The plan of a seed, of these kinds of faults. */
  public Plan(long seed, List<Case> alone, List<Case> storm) {
    random = new Random(seed);
    this.alone = List.copyOf(alone);
    this.storm = List.copyOf(storm);
  }

  /** The kinds that come alone. */
  public List<Case> alone() {
    return alone;
  }

  /** The next round. */
  public Round next() {
    number++;
    int every = drawn < alone.size() ? STORM_EVERY_AT_FIRST : STORM_EVERY;
    boolean stormy = !storm.isEmpty() && (alone.isEmpty() || number % every == 0);
    return new Round(number, stormy, stormy ? storm() : List.of(fault(draw(), 0)));
  }

  private Case draw() {
    if (deck.isEmpty()) {
      List<Case> shuffled = new ArrayList<>(alone);
      Collections.shuffle(shuffled, random);
      deck.addAll(shuffled);
    }
    drawn++;
    return deck.removeFirst();
  }

  private List<Fault> storm() {
    List<Fault> faults = new ArrayList<>();
    for (int i = 0; i < STORM_FAULTS; i++) {
      faults.add(fault(storm.get(random.nextInt(storm.size())), random.nextInt(STORM_MILLIS)));
    }
    faults.sort(Comparator.comparingLong(Fault::atMillis));
    return faults;
  }

  private Fault fault(Case kind, long atMillis) {
    long span = kind.mostMillis() - kind.leastMillis();
    long millis = kind.leastMillis() + (span == 0 ? 0 : random.nextInt((int) span + 1));
    return new Fault(kind, random.nextInt(Integer.MAX_VALUE), atMillis, millis);
  }
}
