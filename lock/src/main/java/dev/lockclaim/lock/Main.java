package dev.lockclaim.lock;

import java.time.Duration;

/**
 * What the lock starts and stops. Called from the lock's one decision thread only; every method
 * returns at once and does not throw.
 */
public interface Main {
  /** Starts main under a grant; answered by started, refused or ended. Said once per token. */
  void run(Grant grant, Deadlines deadlines);

  /** Gives later times to the main that runs under the token. */
  void extend(long token, Deadlines deadlines);

  /** Stops main; answered by ended, also when nothing runs. */
  void stop(long token, Duration grace, String reason);
}
