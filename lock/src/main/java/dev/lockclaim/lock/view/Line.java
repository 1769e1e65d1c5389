package dev.lockclaim.lock.view;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Those in line, first one first. Immutable. A change copies three arrays and reads nothing again,
 * and who is looked for is found by his lease, a number: a line may be long, and each in it hears
 * of every change.
 */
final class Line {
  private final List<Known.Place> places;
  private final List<Queued> queue;
  private final long[] leases;

  private Line(List<Known.Place> places, List<Queued> queue) {
    this.places = Collections.unmodifiableList(places);
    this.queue = Collections.unmodifiableList(queue);
    leases = new long[queue.size()];
    for (int i = 0; i < leases.length; i++) {
      leases[i] = queue.get(i).lease();
    }
  }

  static Line of(List<Known.Place> places) {
    List<Known.Place> sorted = new ArrayList<>(places);
    sorted.sort(Comparator.comparingLong(place -> place.queued().createRevision()));
    List<Queued> queue = new ArrayList<>(sorted.size());
    sorted.forEach(place -> queue.add(place.queued()));
    return new Line(sorted, queue);
  }

  /** All of them, with their entries. */
  List<Known.Place> places() {
    return places;
  }

  /** The same, without. */
  List<Queued> queue() {
    return queue;
  }

  /** How many are before the lease's; below 0 when it does not stand in line. */
  int index(long lease) {
    for (int i = 0; i < leases.length; i++) {
      if (leases[i] == lease) {
        return i;
      }
    }
    return -1;
  }

  Optional<Known> place(String key) {
    int index = index(key);
    return index < 0 ? Optional.empty() : Optional.of(places.get(index));
  }

  Line without(String key) {
    int index = index(key);
    if (index < 0) {
      return this;
    }
    List<Known.Place> left = new ArrayList<>(places);
    left.remove(index);
    List<Queued> leftInLine = new ArrayList<>(queue);
    leftInLine.remove(index);
    return new Line(left, leftInLine);
  }

  /** With one more, whose key is not among them. */
  Line with(Known.Place place) {
    int index = leases.length;
    while (index > 0 && queue.get(index - 1).createRevision() > place.queued().createRevision()) {
      index--;
    }
    List<Known.Place> more = new ArrayList<>(leases.length + 1);
    more.addAll(places);
    more.add(index, place);
    List<Queued> moreInLine = new ArrayList<>(leases.length + 1);
    moreInLine.addAll(queue);
    moreInLine.add(index, place.queued());
    return new Line(more, moreInLine);
  }

  private int index(String key) {
    int index = LockKeys.leaseOf(key).map(this::index).orElse(-1);
    // Another spelling of the same number is another key.
    return index >= 0 && places.get(index).entry().key().equals(key) ? index : -1;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Line line && places.equals(line.places);
  }

  @Override
  public int hashCode() {
    return places.hashCode();
  }
}
