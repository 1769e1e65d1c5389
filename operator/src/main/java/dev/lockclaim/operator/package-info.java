/** Reconciles LockClaims, injects the sidecar, labels, status, events. */
package dev.lockclaim.operator;
