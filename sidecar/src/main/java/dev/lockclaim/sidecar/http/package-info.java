/**
 * The one HTTP layer of the sidecar, for its Unix socket and its port alike: small answers, one
 * stream of events, and bounds on everything that a client can make it do.
 */
package dev.lockclaim.sidecar.http;
