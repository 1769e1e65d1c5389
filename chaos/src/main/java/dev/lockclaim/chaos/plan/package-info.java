/** Which faults come when: pure functions of a seed. */
package dev.lockclaim.chaos.plan;
