package dev.lockclaim.sidecar;

import dev.lockclaim.lock.Candidate;
import dev.lockclaim.lock.Deadlines;
import dev.lockclaim.lock.Ending;
import dev.lockclaim.lock.Grant;
import dev.lockclaim.lock.Main;
import dev.lockclaim.sidecar.gates.GateServer;
import dev.lockclaim.sidecar.gates.MainEnd;
import dev.lockclaim.sidecar.gates.MainListener;
import dev.lockclaim.sidecar.gates.Refusal;
import dev.lockclaim.sidecar.gates.Times;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the lock and the gates: what the lock decides goes to the gates, what the gates say goes to
 * the lock, in order. Gates may speak before the lock is there (it takes longer to start); what
 * they say is kept for it.
 */
final class MainJoint implements Main, MainListener {
  private static final Logger log = LoggerFactory.getLogger(MainJoint.class);

  /** Hears how main ended. */
  interface EndListener {
    void ended(MainEnd end, long stopNanos);
  }

  private final EndListener endListener;
  private final Runnable troubleListener;
  private final List<Consumer<Candidate>> unsaid = new ArrayList<>();
  private GateServer gates;
  private Candidate lock; // null until it is there

  MainJoint(EndListener endListener, Runnable troubleListener) {
    this.endListener = endListener;
    this.troubleListener = troubleListener;
  }

  /** Gives the gates; comes before anything else. */
  synchronized void join(GateServer server) {
    gates = server;
  }

  /** Gives the lock, and tells it what the gates have said so far. */
  synchronized void join(Candidate candidate) {
    lock = candidate;
    unsaid.forEach(word -> word.accept(candidate));
    unsaid.clear();
  }

  // ---- what the lock decides

  @Override
  public void run(Grant grant, Deadlines deadlines) {
    log.info("running main with token {} in slot {}", grant.token(), grant.slot());
    server().run(grant.token(), grant.slot(), times(deadlines));
  }

  @Override
  public void extend(long token, Deadlines deadlines) {
    server().extend(token, times(deadlines));
  }

  @Override
  public void stop(long token, Duration grace, String reason) {
    log.info("stopping main with token {}: {}", token, reason);
    server().stop(token, grace.toMillis());
  }

  // ---- what the gates say

  @Override
  public void ready(boolean ready) {
    log.info(ready ? "all gates are ready to start main" : "not all gates are ready");
    tell(candidate -> candidate.ready(ready));
  }

  @Override
  public void started(long token) {
    log.info("main runs with token {}", token);
    tell(candidate -> candidate.started(token));
  }

  @Override
  public void refused(long token, Refusal reason) {
    log.warn("main was not run with token {}: {}", token, reason);
    tell(candidate -> candidate.refused(token, inLockWords(reason)));
  }

  @Override
  public void stopping(long token) {
    tell(candidate -> candidate.stopping(token));
  }

  @Override
  public void ended(long token, MainEnd end, long stopNanos) {
    log.info("main with token {} has ended: {}", token, end);
    tell(candidate -> candidate.ended(token, inLockWords(end))); // first: others wait for it
    endListener.ended(end, stopNanos);
  }

  @Override
  public void gateLost() {
    log.warn("the connection to a gate broke while main runs or may run; waiting for its word");
    tell(Candidate::gateLost);
  }

  @Override
  public void troubleChanged() {
    troubleListener.run();
  }

  private static Times times(Deadlines deadlines) {
    return new Times(deadlines.termNanos(), deadlines.killNanos());
  }

  private static dev.lockclaim.lock.Refusal inLockWords(Refusal reason) {
    return switch (reason) {
      case LATE -> dev.lockclaim.lock.Refusal.LATE;
      case STALE -> dev.lockclaim.lock.Refusal.STALE;
      case BUSY -> dev.lockclaim.lock.Refusal.BUSY;
      case STOPPING -> dev.lockclaim.lock.Refusal.STOPPING;
      case EXEC -> dev.lockclaim.lock.Refusal.EXEC;
    };
  }

  private static Ending inLockWords(MainEnd end) {
    return new Ending(
        end.asked(),
        end.status().shellStatus(),
        end.leaving() ? Ending.Next.EXIT : Ending.Next.WAIT,
        end.comesBack());
  }

  private synchronized GateServer server() {
    return gates;
  }

  private synchronized void tell(Consumer<Candidate> word) {
    if (lock == null) {
      unsaid.add(word);
    } else {
      word.accept(lock);
    }
  }
}
