package dev.lockclaim.sidecar.gates;

/**
 * Hears what becomes of main: all gated containers of the pod together. Called on the gates' event
 * loop, in order; must return at once and not throw.
 */
public interface MainListener {

  /** Every gate is ready to start main, or no longer. Not said while main runs. */
  void ready(boolean ready);

  /** Main runs in every container; also when a former sidecar started it. */
  void started(long token);

  /** Main has run in no container. */
  void refused(long token, Refusal reason);

  /** Main is on its way out. */
  void stopping(long token);

  /**
   * Main has ended in every container.
   *
   * @param stopNanos from the first sign or wish that it ends until then
   */
  void ended(long token, MainEnd end, long stopNanos);

  /** The connection to a gate broke while its main runs or may run. This is no end of main. */
  void gateLost();

  /** What {@link GateServer#trouble} says has changed. */
  void troubleChanged();
}
