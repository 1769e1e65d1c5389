/**
 * Candidates of the locks that bench/lock-peers compares, as far as they are for Java. One program
 * plays one kind; the driver tells it what to do, and reads what happened and when: see
 * bench/peers/README.md.
 */
package dev.lockclaim.bench.peers;
