package dev.lockclaim.lock.view;

/** A hand-over asked for. */
public record Request(String to, String id, long modRevision) {
  /** Whoever is next. */
  public static final String ANY = "any";
}
