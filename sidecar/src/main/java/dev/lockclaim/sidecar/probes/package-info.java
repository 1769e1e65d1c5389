/**
 * Main's own probes, asked for by the kubelet through the sidecar: passed on a standby, carried out
 * against main on the active. {@link ProbePolicy} decides (pure), {@link ProbeRunner} carries out,
 * {@link ProbeDesk} joins them.
 */
package dev.lockclaim.sidecar.probes;
