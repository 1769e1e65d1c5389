package dev.lockclaim.sidecar;

/** Settings that cannot work; the message is one sentence for the user. */
public final class WrongSettings extends Exception {
  /** One sentence that names the setting and the fix. */
  public WrongSettings(String message) {
    super(message);
  }
}
