/** {@code lockclaim run}: one command on any number of Linux hosts, running on one of them. */
package dev.lockclaim.sidecar.run;
