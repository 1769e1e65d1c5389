/**
 * The lock on etcd: session, queue, grant, hand-over, fencing token, deadline. Knows nothing of
 * Kubernetes.
 */
package dev.lockclaim.lock;
