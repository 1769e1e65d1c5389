package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.LeaseWord;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Snapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of the lock's keys, and what is under way to learn more. Confined to the thread
 * that decides.
 */
final class Conversation {
  private static final Logger log = LoggerFactory.getLogger(Conversation.class);

  /**
   * A watch that ends sooner is refused rather than broken: reading at once would be a busy loop.
   */
  private static final long SHORT_WATCH_NANOS = 1_000_000_000L;

  private static final long SHORT_WATCH_PAUSE_NANOS = 200_000_000L;

  private final String lock;
  private long watchedNanos;
  private LockView view = LockView.EMPTY;
  private boolean stepUnderWay;
  private boolean needRead;
  private boolean watchDown = true;
  private long readNanos;
  private long nextTryNanos;
  private Map<Long, Long> ledgerSeenNanos = Map.of();
  private Map<Long, LeaseWord> leaseWords = Map.of();
  private String trouble = "";
  private boolean refused;
  private Set<String> toldProblems = Set.of();

  /**
   * Nothing is known yet.
   *
   * @param lock namespace/name, for people
   */
  Conversation(String lock) {
    this.lock = lock;
  }

  void begin(Snapshot snapshot, long nowNanos) {
    view = LockView.of(snapshot);
    stepUnderWay = false;
    watchOpened(nowNanos);
    wasRead(nowNanos);
    wentWell();
    look(nowNanos);
  }

  void end() {
    view = LockView.EMPTY;
    watchDown = true;
    // The next etcd may be another, whose revisions mean something else.
    ledgerSeenNanos = Map.of();
    leaseWords = Map.of();
  }

  // ---- requests

  void sent() {
    stepUnderWay = true;
  }

  void answered() {
    stepUnderWay = false;
  }

  /** The outcome is not known until etcd has been read. */
  void failed(String why, boolean forGood, long retryNanos) {
    if (!why.isEmpty()) {
      if (!trouble.equals(why)) {
        log.warn("{}", why);
      }
      trouble = why;
    }
    refused = forGood;
    stepUnderWay = false;
    needRead = true;
    nextTryNanos = retryNanos;
  }

  /** A request could not even be made; it is decided again. */
  void couldNotSend(RuntimeException e, long retryNanos) {
    String why = "a step on etcd failed: " + e.getMessage();
    if (!trouble.equals(why)) {
      log.error("{}; it is tried again", why, e);
      trouble = why;
    }
    failed("", false, retryNanos);
  }

  void wentWell() {
    trouble = "";
    refused = false;
  }

  // ---- the view

  /**
   * Takes a linearizable answer.
   *
   * @param sentRevision of the view when the request was sent
   * @return false when the answer is another etcd's, or an older one's: linearizable answers never
   *     go back in one etcd
   */
  boolean take(Snapshot snapshot, long sentRevision, long nowNanos) {
    if (snapshot.revision() < sentRevision || view.contradictedBy(snapshot)) {
      return false;
    }
    view = view.merge(snapshot);
    look(nowNanos);
    return true;
  }

  void changes(List<Change> changes, long nowNanos) {
    view = view.apply(changes);
    look(nowNanos);
  }

  void leaseWord(long lease, LeaseWord word) {
    // Those of holders that are no more are of no use.
    Map<Long, LeaseWord> next = new HashMap<>();
    view.ledgers().values().stream()
        .filter(ledger -> leaseWords.containsKey(ledger.lease()))
        .forEach(ledger -> next.put(ledger.lease(), leaseWords.get(ledger.lease())));
    next.put(lease, word);
    leaseWords = Map.copyOf(next);
  }

  void wasRead(long nowNanos) {
    needRead = false;
    readNanos = nowNanos;
  }

  /** Nothing more is heard: what happened since is to be read. */
  void watchEnded(long nowNanos) {
    if (nowNanos - watchedNanos < SHORT_WATCH_NANOS) {
      nextTryNanos = Math.max(nextTryNanos, nowNanos + SHORT_WATCH_PAUSE_NANOS);
    }
    watchDown = true;
    needRead = true;
  }

  void watchOpened(long nowNanos) {
    watchedNanos = nowNanos;
    watchDown = false;
  }

  private void look(long nowNanos) {
    Map<Long, Long> seen = HashMap.newHashMap(view.ledgers().size());
    view.ledgers()
        .values()
        .forEach(
            ledger -> {
              if (!view.holders().containsKey(ledger.slot())) {
                seen.put(
                    ledger.modRevision(),
                    ledgerSeenNanos.getOrDefault(ledger.modRevision(), nowNanos));
              }
            });
    ledgerSeenNanos = Map.copyOf(seen);
    if (!view.problems().isEmpty() || !toldProblems.isEmpty()) {
      Set<String> problems = Set.copyOf(view.problems());
      problems.stream()
          .filter(problem -> !toldProblems.contains(problem))
          .forEach(problem -> log.warn("lock {}: {}", lock, problem));
      toldProblems = problems;
    }
  }

  // ---- questions

  String lock() {
    return lock;
  }

  LockView view() {
    return view;
  }

  boolean stepUnderWay() {
    return stepUnderWay;
  }

  boolean mayTry(long nowNanos) {
    return nowNanos >= nextTryNanos;
  }

  long nextTryNanos() {
    return nextTryNanos;
  }

  /** Silent for more than two renewals, although each one asks for a sign. */
  boolean watchIsDown(long nowNanos, long heardNanos, Timing timing) {
    return watchDown || nowNanos - heardNanos > 3 * timing.renewMillis() * 1_000_000;
  }

  boolean mustRead(long nowNanos, long heardNanos, Timing timing) {
    return needRead
        || watchIsDown(nowNanos, heardNanos, timing)
        || nowNanos - readNanos > timing.ttlMillis() * 1_000_000;
  }

  boolean needRead() {
    return needRead;
  }

  Map<Long, Long> ledgerSeenNanos() {
    return ledgerSeenNanos;
  }

  Map<Long, LeaseWord> leaseWords() {
    return leaseWords;
  }

  String trouble() {
    return trouble;
  }

  boolean refused() {
    return refused;
  }
}
