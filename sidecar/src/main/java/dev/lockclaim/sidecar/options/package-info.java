/**
 * What the commands for people have in common: which lock, in which etcd, and how it is reached.
 */
package dev.lockclaim.sidecar.options;
