package dev.lockclaim.sidecar;

/** Values that are worked out when they are not given. */
public final class Defaults {
  private Defaults() {}

  /** The time between SIGTERM and SIGKILL that leaves an outage of two seconds to be ridden out. */
  public static int stopGraceSeconds(int ttlSeconds) {
    if (ttlSeconds >= 10) {
      return 3;
    }
    return ttlSeconds >= 7 ? 2 : ttlSeconds >= 5 ? 1 : 0;
  }
}
