package dev.lockclaim.operator.observe;

/**
 * A hand-over that was asked for.
 *
 * @param to name of a pod, or any
 * @param id of the request
 */
public record Request(String to, String id) {}
