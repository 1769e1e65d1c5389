/**
 * The sidecar's side of the gates: the line protocol ({@link GateLine}, {@link SidecarLine}), the
 * decision what all gates of a pod together mean ({@link GateSet}, pure), and the Unix socket that
 * they connect to ({@link GateServer}).
 */
package dev.lockclaim.sidecar.gates;
