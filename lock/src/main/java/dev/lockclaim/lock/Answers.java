package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Snapshot;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What etcd says, as words to a core: heard by its loop, one after the other. Any thread. */
final class Answers implements Watches.Listener, Inquiries.Words, Transactions.Words {
  private static final Logger log = LoggerFactory.getLogger(Answers.class);

  private static final long RETRY_BASE_MILLIS = 100;

  /** Candidates that failed together do not come back together. */
  private static final long RETRY_SPREAD_MILLIS = 200;

  private final CandidateCore core;
  private final Consumer<Runnable> say;
  private final BootClock clock;

  /**
   * Says nothing yet.
   *
   * @param say has a word heard, now or later
   */
  Answers(CandidateCore core, Consumer<Runnable> say, BootClock clock) {
    this.core = core;
    this.say = say;
    this.clock = clock;
  }

  @Override
  public void changes(List<Change> changes) {
    say.accept(() -> core.changes(changes));
  }

  @Override
  public void ended(String why) {
    log.debug("the watch ended: {}", why);
    say.accept(core::watchEnded);
  }

  @Override
  public void connected(Connecting.Begun begun) {
    say.accept(() -> core.connected(begun));
  }

  @Override
  public void refused(Connecting.Refused why) {
    say.accept(() -> core.refusedByEtcd(why.getMessage(), why.forGood(), retryNanos()));
  }

  @Override
  public void read(Snapshot snapshot, Action.Read asked) {
    say.accept(() -> core.read(snapshot, asked.sentRevision(), asked.openWatch()));
  }

  @Override
  public void watchNotOpened() {
    say.accept(core::watchEnded);
  }

  @Override
  public void leaseWord(long lease, boolean isOver) {
    say.accept(() -> core.leaseWord(lease, isOver));
  }

  @Override
  public void weak(long lease, boolean isWeak) {
    say.accept(() -> core.weak(lease, isWeak));
  }

  @Override
  public void failed(String why) {
    say.accept(() -> core.failed(why, retryNanos()));
  }

  @Override
  public void done(EtcdStep step, Outcome outcome, long sentRevision) {
    say.accept(() -> core.done(step, outcome, sentRevision));
  }

  @Override
  public void failed(EtcdStep step, EtcdFailure failure) {
    say.accept(() -> core.stepFailed(step, failure.kind(), failure.getMessage(), retryNanos()));
  }

  private long retryNanos() {
    long jitter = ThreadLocalRandom.current().nextLong(RETRY_SPREAD_MILLIS);
    return clock.nanos() + (RETRY_BASE_MILLIS + jitter) * 1_000_000;
  }
}
