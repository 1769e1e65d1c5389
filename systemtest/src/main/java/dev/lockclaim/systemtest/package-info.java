/** Judges from main's own records whether two were ever active at once. Knows no other part. */
package dev.lockclaim.systemtest;
