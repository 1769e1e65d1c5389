package dev.lockclaim.lock;

import java.util.Optional;

/** Whether the lock may be given up when somebody asks for it. */
final class Yields {
  private Yields() {}

  /** Why not, in a sentence. */
  static Optional<String> decline(Turn now, boolean force, Optional<String> to) {
    if (now.runningToken().isEmpty()) {
      return Optional.of("this pod is not active, so there is nothing to yield");
    }
    if (to.isPresent()
        && now.view().queue().stream().noneMatch(c -> c.identity().pod().equals(to.get()))) {
      return Optional.of("pod " + to.get() + " is not in line; name one that is, or leave out to");
    }
    if (now.view().queue().isEmpty() && !force) {
      return Optional.of(
          "nobody is in line to take over; add force=true to stop main all the same");
    }
    return Optional.empty();
  }
}
