package dev.lockclaim.lock.view;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Those in line, first one first. Immutable. A change copies two arrays and reads nothing again: a
 * line may be long, and each in it hears of every change.
 *
 * @param queue the same, without their entries
 */
record Line(List<Known.Place> places, List<Queued> queue) {

  static Line of(List<Known.Place> places) {
    List<Known.Place> sorted =
        places.stream()
            .sorted(Comparator.comparingLong(place -> place.queued().createRevision()))
            .toList();
    return new Line(sorted, sorted.stream().map(Known.Place::queued).toList());
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
    return new Line(Collections.unmodifiableList(left), Collections.unmodifiableList(leftInLine));
  }

  /** With one more, whose key is not among them. */
  Line with(Known.Place place) {
    int index = places.size();
    while (index > 0 && queue.get(index - 1).createRevision() > place.queued().createRevision()) {
      index--;
    }
    List<Known.Place> more = new ArrayList<>(places.size() + 1);
    more.addAll(places);
    more.add(index, place);
    List<Queued> moreInLine = new ArrayList<>(places.size() + 1);
    moreInLine.addAll(queue);
    moreInLine.add(index, place.queued());
    return new Line(Collections.unmodifiableList(more), Collections.unmodifiableList(moreInLine));
  }

  private int index(String key) {
    if (key.startsWith(LockKeys.QUEUE)) {
      for (int i = 0; i < places.size(); i++) {
        if (places.get(i).entry().key().equals(key)) {
          return i;
        }
      }
    }
    return -1;
  }
}
