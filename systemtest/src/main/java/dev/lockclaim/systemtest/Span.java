package dev.lockclaim.systemtest;

/**
 * One start of main, from its first record to its last. Main was active at least that long.
 *
 * @param ended whether main itself wrote that it ends; a killed one does not
 */
record Span(
    String start, String pod, long token, long firstMillis, long lastMillis, boolean ended) {}
