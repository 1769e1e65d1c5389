package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.state.Marks;
import java.util.List;

/** What a turn of the core asks its shell to do; whatever it says of marks is kept. */
sealed interface Action {
  /** Say RUN to the gates. */
  record Run(Grant grant, Deadlines deadlines) implements Action {}

  /** Say the later times to the gates. */
  record Extend(long token, Deadlines deadlines) implements Action {}

  /** Say STOP to the gates. */
  record Stop(long token, int graceSeconds, String why) implements Action {}

  /** Begin a session; answered by connected, failed or refusedByEtcd. */
  record Connect(Marks marks) implements Action {}

  /**
   * Read the lock; answered by read or failed.
   *
   * @param openWatch whether the watch is to be begun anew from what was read
   */
  record Read(long sentRevision, boolean openWatch) implements Action {}

  /** Do one transaction; answered by done or stepFailed. */
  record Perform(EtcdStep step, Step transaction, long sentRevision) implements Action {}

  /** Ask what is left of a lease; answered by leaseWord or failed. */
  record AskLease(long lease) implements Action {}

  /** Ask how fresh the leases of those first in line are; answered by weak for each. */
  record AskFreshness(List<Long> leases, long expectedSeconds) implements Action {}
}
