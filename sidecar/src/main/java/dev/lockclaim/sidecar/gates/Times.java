package dev.lockclaim.sidecar.gates;

/**
 * When a gate stops main by itself, on CLOCK_BOOTTIME.
 *
 * @param termNanos SIGTERM
 * @param killNanos SIGKILL
 */
public record Times(long termNanos, long killNanos) {
  String fields() {
    return " term_ns=" + termNanos + " kill_ns=" + killNanos;
  }
}
