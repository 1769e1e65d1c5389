package dev.lockclaim.operator;

import dev.lockclaim.operator.apply.SettingsWriter;
import dev.lockclaim.operator.etcd.EtcdProblem;
import dev.lockclaim.operator.etcd.LockStore;
import dev.lockclaim.operator.http.OperatorMetrics;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.webhook.ClaimCache;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Withdraws the settings of locks whose LockClaim was deleted: at once, and by a slow look when
 * that did not work. Only of claims that were seen to be deleted: settings without a claim may as
 * well be those of {@code lockclaim run}.
 */
final class Sweeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

  private static final Duration SLOW_LOOK = Duration.ofSeconds(30);

  private final ClaimCache claims;
  private final LockStore locks;
  private final SettingsWriter settings;
  private final OperatorMetrics metrics;
  private final BooleanSupplier leading;
  private final Semaphore wakeUps = new Semaphore(0);
  private final Thread thread;

  Sweeper(
      ClaimCache claims,
      LockStore locks,
      SettingsWriter settings,
      OperatorMetrics metrics,
      BooleanSupplier leading) {
    this.claims = claims;
    this.locks = locks;
    this.settings = settings;
    this.metrics = metrics;
    this.leading = leading;
    claims.onDelete(wakeUps::release);
    this.thread = Thread.ofVirtual().name("sweeper").start(this::run);
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void run() {
    try {
      while (true) {
        if (wakeUps.tryAcquire(SLOW_LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
          wakeUps.drainPermits();
        }
        try {
          if (leading.getAsBoolean() && locks.health().ok()) {
            sweep();
          }
        } catch (EtcdProblem | RuntimeException e) {
          LOG.warn("Locks without a LockClaim not looked for, trying again: {}", e.getMessage());
        }
      }
    } catch (InterruptedException closed) {
      LOG.debug("sweeper closed");
    }
  }

  private void sweep() throws EtcdProblem {
    for (LockId lock : claims.deleted()) {
      settings.withdraw(lock, locks.lock(lock));
      metrics.forget(lock);
      claims.forget(lock);
    }
  }
}
