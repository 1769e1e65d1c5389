/** {@code lockclaim status}: who holds and who waits, as etcd has it. */
package dev.lockclaim.sidecar.status;
