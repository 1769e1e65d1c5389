package dev.lockclaim.sidecar;

/** The version of this build. */
public final class Version {
  /** As in the POM; a test holds them together. */
  public static final String TEXT = "0.1.0";

  private Version() {}
}
