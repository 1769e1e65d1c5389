package dev.lockclaim.operator.decide;

import dev.lockclaim.lock.view.Ledger;
import dev.lockclaim.operator.observe.ObservedLock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What is to be done about a lock in etcd that has no LockClaim: never anything about who holds it
 * or stands in line, for their mains may run and their keys end with their leases.
 */
public sealed interface SweepPlan {
  /** The longest delay that a claim can ask for: a ledger that is older delays nobody any more. */
  Duration LONGEST_DELAY = Duration.ofHours(1);

  /** Nothing. */
  record Leave() implements SweepPlan {}

  /** The settings are those of a claim that is gone: without them nobody is granted the lock. */
  record Withdraw(long settingsRevision) implements SweepPlan {}

  /**
   * Nobody has anything to do with the lock any more: what has no lease goes, except that one
   * ledger stays where etcd was restored once. By it a claim made anew knows the epoch: with a
   * lower one its tokens would be refused for ever by a store that has seen the higher.
   */
  record Clear(List<Ledger> ledgers) implements SweepPlan {
    /** Copies the list. */
    public Clear {
      ledgers = List.copyOf(ledgers);
    }
  }

  /**
   * Decides.
   *
   * @param lock one without a LockClaim
   * @param deserted how long nobody has held it or stood in line
   */
  static SweepPlan decide(ObservedLock lock, Duration deserted) {
    if (lock.settingsRevision() > 0) {
      // Those that name no claim are of `lockclaim run`; those that cannot be read, of who knows.
      return lock.settings().filter(settings -> !settings.claim().isEmpty()).isPresent()
          ? new Withdraw(lock.settingsRevision())
          : new Leave();
    }
    if (!isDeserted(lock) || deserted.compareTo(LONGEST_DELAY) < 0) {
      return new Leave();
    }
    List<Ledger> over = new ArrayList<>(lock.view().ledgers().values());
    over.stream()
        .filter(ledger -> ledger.epoch() > 0)
        .max(Comparator.comparingLong(Ledger::token))
        .ifPresent(over::remove);
    return over.isEmpty() && lock.request().isEmpty() ? new Leave() : new Clear(over);
  }

  /** Whether nobody holds the lock or stands in line. */
  static boolean isDeserted(ObservedLock lock) {
    return lock.candidates() == 0;
  }
}
