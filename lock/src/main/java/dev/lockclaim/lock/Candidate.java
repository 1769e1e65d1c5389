package dev.lockclaim.lock;

public interface Candidate {
  void ready(boolean r);

  void started(long t);

  void refused(long t, Refusal r);

  void stopping(long t);

  void ended(long t, Ending e);

  void gateLost();
}
