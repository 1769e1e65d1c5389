package dev.lockclaim.sidecar.gates;

import java.util.HashMap;
import java.util.Map;

/**
 * Makes short keys of worlds: each part is numbered by what it equals, and a key is the numbers of
 * its parts. As exact as the parts' own equality, and a tenth of what their text would cost.
 */
final class TestingKey {
  private final Map<Object, Integer> numbers;
  private final StringBuilder key = new StringBuilder();

  /** Keys over the same {@code numbers} can be compared. */
  TestingKey(Map<Object, Integer> numbers) {
    this.numbers = numbers;
  }

  static Map<Object, Integer> numbers() {
    return new HashMap<>();
  }

  /** Adds a part that does not change any more. */
  TestingKey with(Object part) {
    Integer known = numbers.get(part);
    if (known == null) {
      known = numbers.size();
      numbers.put(part, known);
    }
    key.append((char) (known >>> Character.SIZE)).append((char) known.intValue());
    return this;
  }

  @Override
  public String toString() {
    return key.toString();
  }
}
