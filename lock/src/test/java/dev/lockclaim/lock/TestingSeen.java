package dev.lockclaim.lock;

import java.util.Arrays;

/**
 * The states that a search has seen, eight bytes each, and for each how it was reached first:
 * states are numbered in the order in which they were found.
 */
final class TestingSeen {
  private static final int FIRST_CAPACITY = 1 << 16;

  private long[] table = new long[FIRST_CAPACITY * 2];
  private int[] parents = new int[FIRST_CAPACITY];
  private short[] choices = new short[FIRST_CAPACITY];
  private int size;

  /** False when it is there already. */
  boolean add(long fingerprint, int parent, int choice) {
    long print = fingerprint == 0 ? 1 : fingerprint; // 0 is an empty place
    int at = find(table, print);
    if (table[at] == print) {
      return false;
    }
    table[at] = print;
    if (size == parents.length) {
      parents = Arrays.copyOf(parents, size * 2);
      choices = Arrays.copyOf(choices, size * 2);
    }
    parents[size] = parent;
    choices[size] = (short) choice;
    size++;
    if (size * 2L > table.length) {
      grow();
    }
    return true;
  }

  private void grow() {
    long[] larger = new long[table.length * 2];
    for (long print : table) {
      if (print != 0) {
        larger[find(larger, print)] = print;
      }
    }
    table = larger;
  }

  private static int find(long[] in, long print) {
    int at = (int) print & (in.length - 1);
    while (in[at] != 0 && in[at] != print) {
      at = (at + 1) & (in.length - 1);
    }
    return at;
  }

  int size() {
    return size;
  }

  int parent(int state) {
    return parents[state];
  }

  int choice(int state) {
    return choices[state];
  }
}
