package dev.lockclaim.lock;

/**
 * A slot of the lock, granted.
 *
 * @param token the fencing token: epoch &lt;&lt; 44 | revision
 */
public record Grant(long token, int slot) {}
