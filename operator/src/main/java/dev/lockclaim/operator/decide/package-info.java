/**
 * What to do: pure functions from what was observed. Nothing in here reads a clock, talks to
 * anybody or keeps state.
 */
package dev.lockclaim.operator.decide;
