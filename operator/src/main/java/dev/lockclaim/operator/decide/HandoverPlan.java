package dev.lockclaim.operator.decide;

import dev.lockclaim.crds.Names;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Request;
import dev.lockclaim.operator.observe.Observed;
import dev.lockclaim.operator.observe.ObservedLock;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is to be done about the annotation by which a hand-over is asked for. */
public sealed interface HandoverPlan {
  /** Nothing is asked for, or it is under way. */
  record Nothing() implements HandoverPlan {}

  /** The request is to be put into etcd. */
  record Start(String to, String id) implements HandoverPlan {}

  /** It cannot be done: the annotation goes, and this is said. */
  record Refuse(String annotation, String message) implements HandoverPlan {}

  /** It is done: annotation and request go. */
  record Done(String annotation, String podName) implements HandoverPlan {}

  /** A request without an annotation: it was taken back. */
  record Withdraw() implements HandoverPlan {}

  /** Decides. */
  static HandoverPlan decide(Observed seen) {
    ObservedLock lock = seen.lock();
    String asked =
        Optional.ofNullable(seen.claim().getMetadata().getAnnotations())
            .map(all -> all.get(Names.ANNOTATION_HANDOVER_TO))
            .orElse("")
            .strip();
    if (asked.isEmpty()) {
      return lock.request().isPresent() ? new Withdraw() : new Nothing();
    }
    boolean any = asked.equals(Names.HANDOVER_TO_ANY);
    Optional<Holder> newest = lock.holders().stream().max(Comparator.comparingLong(Holder::token));
    if (lock.request().isPresent() && lock.request().get().to().equals(asked)) {
      return finished(lock.request().get(), asked, any, lock, newest);
    }
    Optional<Holder> asHolder =
        lock.holders().stream().filter(holder -> holder.identity().pod().equals(asked)).findFirst();
    if (asHolder.isPresent()) {
      return new Done(asked, asked);
    }
    if (newest.isEmpty()) {
      return new Refuse(
          asked,
          "Nobody holds the lock, so there is nothing to hand over: the first in line is granted it.");
    }
    boolean inLine =
        any
            ? !lock.queue().isEmpty()
            : lock.queue().stream().anyMatch(candidate -> candidate.identity().pod().equals(asked));
    if (!inLine) {
      String line =
          lock.queue().isEmpty()
              ? "nobody is"
              : "in line are "
                  + lock.queue().stream()
                      .map(candidate -> candidate.identity().pod())
                      .collect(Collectors.joining(", "));
      return new Refuse(
          asked,
          (any
                  ? "Nobody is in line to hand over to"
                  : "Pod " + asked + " is not in line to be handed the lock (" + line + ")")
              + ": ask again when it is.");
    }
    // The id says which grant is to end; a request is answered when a later one is there.
    return new Start(asked, seen.claim().getMetadata().getUid() + "-" + newest.get().token());
  }

  private static HandoverPlan finished(
      Request request, String asked, boolean any, ObservedLock lock, Optional<Holder> newest) {
    long before = tokenOf(request.id());
    Optional<String> later =
        newest.filter(holder -> holder.token() > before).map(holder -> holder.identity().pod());
    if (later.isPresent() && (any || later.get().equals(asked))) {
      return new Done(asked, later.get());
    }
    if (later.isPresent()) {
      // The lock takes any grant after the request for its answer.
      return new Refuse(
          asked,
          "Pod "
              + later.get()
              + " was granted the lock before pod "
              + asked
              + " could be: ask again.");
    }
    boolean stillPossible =
        any
            || lock.queue().stream()
                .anyMatch(candidate -> candidate.identity().pod().equals(asked));
    return stillPossible
        ? new Nothing()
        : new Refuse(
            asked,
            "Pod "
                + asked
                + " has left the line before it was handed the lock: ask again for another.");
  }

  private static long tokenOf(String id) {
    try {
      return Long.parseLong(id.substring(id.lastIndexOf('-') + 1));
    } catch (NumberFormatException notOurs) {
      return 0;
    }
  }
}
