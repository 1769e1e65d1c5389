package dev.lockclaim.lock;

import java.time.Duration;

public interface Main {
  void run(Grant grant, Deadlines deadlines);

  void extend(long token, Deadlines deadlines);

  void stop(long token, Duration grace, String reason);
}
