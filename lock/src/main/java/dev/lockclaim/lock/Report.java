package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Running;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a candidate says of itself. */
final class Report {
  private Report() {}

  /**
   * Says it.
   *
   * @param reason of the last decision, in words
   */
  static CandidateStatus of(Session session, Tenure tenure, Conversation etcd, String reason) {
    LockView now = etcd.view();
    boolean connected = session.lease() != 0;
    Optional<Holder> held =
        connected ? now.heldBy(session.lease()).stream().findFirst() : Optional.empty();
    CandidateStatus.State state =
        connected ? state(tenure, held) : CandidateStatus.State.CONNECTING;
    String trouble = etcd.trouble();
    if (trouble.isEmpty() && state == CandidateStatus.State.WAITING) {
      trouble = inTheWay(etcd.lock(), now);
    }
    return new CandidateStatus(
        state,
        held,
        List.copyOf(now.holders().values()),
        connected ? now.position(session.lease()) : 0,
        now.queue().size(),
        session.deadlines(),
        trouble,
        etcd.refused(),
        trouble.isEmpty() ? reason : trouble);
  }

  /** A key that keeps everybody waiting for as long as nobody does something about it. */
  private static String inTheWay(String lock, LockView now) {
    return Stream.concat(
            Stream.of(LockKeys.SETTINGS), now.holders().keySet().stream().map(LockKeys::holder))
        .filter(now::unreadable)
        .findFirst()
        .map(key -> lock + " waits: " + LockView.problem(key))
        .orElse("");
  }

  private static CandidateStatus.State state(Tenure tenure, Optional<Holder> held) {
    if (tenure.running().isPresent()) {
      Running running = tenure.running().get();
      if (running.stopAsked()) {
        return tenure.lost() ? CandidateStatus.State.LOST : CandidateStatus.State.STOPPING;
      }
      return running.started() ? CandidateStatus.State.ACTIVE : CandidateStatus.State.STARTING;
    }
    if (held.isPresent()) {
      return held.get().token() > tenure.ran()
          ? CandidateStatus.State.STARTING
          : CandidateStatus.State.STOPPING;
    }
    return CandidateStatus.State.WAITING;
  }
}
