package dev.lockclaim.sidecar.gates;

/**
 * What is known of one container's gate.
 *
 * @param link the connection it speaks on, 0 when there is none
 * @param instance of the gate process that spoke last; empty when none has
 */
record Gate(String container, long link, String instance, Phase phase, Clock clock) {

  /** What the gate does, as far as it has said. */
  enum Phase {
    ABSENT,
    WAITING,
    BUSY,
    LEAVING
  }

  /** Whether the gate reads the same CLOCK_BOOTTIME as the sidecar. */
  enum Clock {
    UNKNOWN,
    AGREES,
    DIFFERS
  }

  static Gate unseen(String container) {
    return new Gate(container, 0, "", Phase.ABSENT, Clock.UNKNOWN);
  }

  boolean connected() {
    return link != 0;
  }

  /**
   * Whether it would start main. Its hello alone does not say so: an older sidecar's RUN may lie
   * unread in an older connection, which the gate closes when it reads our hello. The beat that
   * compares the clocks comes after that.
   */
  boolean ready() {
    return connected() && phase == Phase.WAITING && clock == Clock.AGREES;
  }

  Gate gone() {
    return new Gate(container, 0, instance, Phase.ABSENT, Clock.UNKNOWN);
  }

  Gate greeted(long newLink, String newInstance, Phase newPhase) {
    return new Gate(container, newLink, newInstance, newPhase, Clock.UNKNOWN);
  }

  Gate with(Phase newPhase) {
    return new Gate(container, link, instance, newPhase, clock);
  }

  Gate with(Clock newClock) {
    return new Gate(container, link, instance, phase, newClock);
  }
}
