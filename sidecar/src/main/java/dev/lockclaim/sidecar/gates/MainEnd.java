package dev.lockclaim.sidecar.gates;

/**
 * How main ended, all containers together.
 *
 * @param asked somebody wanted it to end: the lock, the kubelet, its deadline
 * @param status of the container that ended first
 * @param leaving a gate exits with its main, so its container ends too
 * @param comesBack the kubelet will start what has ended again, so the pod may stand in line again
 * @param lateMillis the most that a gate's SIGKILL was late
 * @param byDeadline a gate ended it by itself, since the lease was not renewed in time
 */
public record MainEnd(
    boolean asked,
    ExitStatus status,
    boolean leaving,
    boolean comesBack,
    long lateMillis,
    boolean byDeadline) {}
