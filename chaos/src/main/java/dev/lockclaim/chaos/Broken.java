package dev.lockclaim.chaos;

/** A promise is broken; the message says which. */
final class Broken extends Exception {
  private static final long serialVersionUID = 1;

  Broken(String message) {
    super(message);
  }

  Broken(String message, Throwable cause) {
    super(message, cause);
  }
}
