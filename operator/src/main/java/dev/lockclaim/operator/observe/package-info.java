/**
 * What the operator sees: locks in etcd, pods, claims; as immutable values that decisions are made
 * from.
 */
package dev.lockclaim.operator.observe;
