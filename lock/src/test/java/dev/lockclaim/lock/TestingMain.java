package dev.lockclaim.lock;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A main that starts and ends at once when told, and writes down what it was told. */
final class TestingMain implements Main {
  private final List<String> said = new CopyOnWriteArrayList<>();
  private volatile Candidate candidate;
  private volatile long token;
  private volatile Runnable whenRun = () -> {};

  void join(Candidate to) {
    candidate = to;
  }

  /** Is done by the thread that tells main to run, before main says that it does. */
  void whenRun(Runnable action) {
    whenRun = action;
  }

  /** The token that runs, 0 for none. */
  long token() {
    return token;
  }

  List<String> said() {
    return said;
  }

  @Override
  public void run(Grant grant, Deadlines deadlines) {
    said.add("run " + grant.token());
    token = grant.token();
    whenRun.run();
    candidate.started(grant.token());
  }

  @Override
  public void extend(long running, Deadlines deadlines) {}

  @Override
  public void stop(long running, Duration grace, String reason) {
    said.add("stop " + running);
    token = 0;
    candidate.ended(running, new Ending(true, 0, Ending.Next.WAIT, true));
  }
}
