package dev.lockclaim.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.sidecar.gates.MainEnd;
import dev.lockclaim.sidecar.gates.MainListener;
import dev.lockclaim.sidecar.gates.Refusal;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Notes what it hears, as words. */
public final class TestingMainListener implements MainListener {
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  /** Waits for the next word and checks it. */
  public void expect(String word) throws InterruptedException {
    assertThat(next()).isEqualTo(word);
  }

  /** Waits for the next word. */
  public String next() throws InterruptedException {
    return heard.poll(30, TimeUnit.SECONDS);
  }

  /** Whether there is nothing to hear. */
  public boolean silent() {
    return heard.isEmpty();
  }

  @Override
  public void ready(boolean ready) {
    heard.add("ready " + ready);
  }

  @Override
  public void started(long token) {
    heard.add("started " + token);
  }

  @Override
  public void refused(long token, Refusal reason) {
    heard.add("refused " + token + " " + reason);
  }

  @Override
  public void stopping(long token) {
    heard.add("stopping " + token);
  }

  @Override
  public void ended(long token, MainEnd end, long stopNanos) {
    heard.add(
        "ended "
            + token
            + " "
            + end.status().shellStatus()
            + (end.asked() ? " asked" : " unasked"));
  }

  @Override
  public void gateLost() {
    heard.add("gate lost");
  }

  @Override
  public void troubleChanged() {
    // Asked of the server by those who want to know.
  }
}
