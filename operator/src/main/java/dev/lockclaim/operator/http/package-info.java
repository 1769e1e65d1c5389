/** The operator's own port: liveness, readiness, metrics. */
package dev.lockclaim.operator.http;
