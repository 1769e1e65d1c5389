/** Joins lock and gate; local socket, probes, metrics; lockclaim run. */
package dev.lockclaim.sidecar;
