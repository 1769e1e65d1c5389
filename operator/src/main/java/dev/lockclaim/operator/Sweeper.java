package dev.lockclaim.operator;

import dev.lockclaim.operator.apply.SettingsWriter;
import dev.lockclaim.operator.decide.SweepPlan;
import dev.lockclaim.operator.etcd.EtcdProblem;
import dev.lockclaim.operator.etcd.LockStore;
import dev.lockclaim.operator.etcd.LockWriter;
import dev.lockclaim.operator.http.OperatorMetrics;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.ObservedLock;
import dev.lockclaim.operator.webhook.ClaimCache;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to locks in etcd whose LockClaim is gone: at once when it is seen to be deleted, and by a
 * slow look for those that were deleted while nobody was looking.
 */
final class Sweeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

  private static final Duration SLOW_LOOK = Duration.ofSeconds(30);
  // Until this replica leads, etcd answers and the claims are known.
  private static final Duration RETRY = Duration.ofSeconds(1);

  // So often settings are deleted that come back.
  private static final int ENOUGH = 3;

  private final ClaimCache claims;
  private final LockStore locks;
  private final LockWriter etcd;
  private final SettingsWriter settings;
  private final OperatorMetrics metrics;
  private final BooleanSupplier leading;
  private final Clock clock;
  private final Semaphore wakeUps = new Semaphore(0);
  private final Map<LockId, Instant> desertedSince = new HashMap<>();
  private final Map<LockId, Integer> withdrawals = new HashMap<>();
  private final Thread thread;
  private String lastTrouble = "";

  Sweeper(
      ClaimCache claims,
      LockStore locks,
      SettingsWriter settings,
      OperatorMetrics metrics,
      BooleanSupplier leading,
      Clock clock) {
    this.claims = claims;
    this.locks = locks;
    this.etcd = locks.writer();
    this.settings = settings;
    this.metrics = metrics;
    this.leading = leading;
    this.clock = clock;
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
        Duration pause = RETRY;
        if (leading.getAsBoolean() && locks.health().ok() && claims.ready()) {
          pause = look() ? SLOW_LOOK : RETRY;
        }
        if (wakeUps.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          wakeUps.drainPermits();
        }
      }
    } catch (InterruptedException closed) {
      LOG.debug("sweeper closed");
    }
  }

  private boolean look() {
    try {
      for (LockId lock : claims.deleted()) {
        settings.withdraw(lock, locks.lock(lock));
        metrics.forget(lock);
        claims.forget(lock);
      }
      for (LockId lock : locks.locks()) {
        sweep(lock, locks.lock(lock), clock.instant());
      }
      lastTrouble = "";
      return true;
    } catch (EtcdProblem | RuntimeException e) {
      String trouble = String.valueOf(e.getMessage());
      if (!trouble.equals(lastTrouble)) {
        LOG.warn("Locks without a LockClaim not looked for, trying again: {}", trouble);
        lastTrouble = trouble;
      }
      return false;
    }
  }

  private void sweep(LockId lock, ObservedLock seen, Instant now) throws EtcdProblem {
    if (claims.knows(lock)) {
      desertedSince.remove(lock);
      withdrawals.remove(lock);
      return;
    }
    Instant since = now;
    if (SweepPlan.isDeserted(seen)) {
      since = desertedSince.computeIfAbsent(lock, _ -> now);
    } else {
      desertedSince.remove(lock);
    }
    switch (SweepPlan.decide(seen, Duration.between(since, now))) {
      case SweepPlan.Leave() -> {}
      case SweepPlan.Withdraw(long _) -> withdraw(lock, seen);
      case SweepPlan.Clear(var ledgers) -> {
        if (!claims.exists(lock) && etcd.clear(lock, ledgers)) {
          LOG.info("Lock {}: nobody holds it or stands in line, its ledgers are deleted", lock);
          desertedSince.remove(lock);
          withdrawals.remove(lock);
        }
      }
    }
  }

  private void withdraw(LockId lock, ObservedLock seen) throws EtcdProblem {
    if (claims.exists(lock)) {
      return; // the cache was behind
    }
    int times = withdrawals.merge(lock, 1, Integer::sum);
    if (times <= ENOUGH) {
      settings.withdraw(lock, seen);
    } else if (times == ENOUGH + 1) {
      LOG.error(
          "Lock {}: its settings come back although there is no such LockClaim: another operator"
              + " writes below the same prefix; give each an etcd.prefix of its own",
          lock);
    }
  }
}
