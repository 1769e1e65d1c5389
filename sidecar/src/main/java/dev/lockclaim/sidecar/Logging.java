package dev.lockclaim.sidecar;

import java.util.Locale;
import java.util.Set;

/** Sets the log up, before the first logger is made. */
public final class Logging {
  private static final Set<String> LEVELS = Set.of("trace", "debug", "info", "warn", "error");

  private Logging() {}

  /**
   * Logs to stderr from {@code level} on.
   *
   * @param level as a user gave it; may be null
   * @throws WrongSettings when it is no level
   */
  public static void set(String level, String absent) throws WrongSettings {
    String chosen =
        level == null || level.isBlank() ? absent : level.strip().toLowerCase(Locale.ROOT);
    if (!LEVELS.contains(chosen)) {
      throw new WrongSettings(
          "LOCKCLAIM_LOG_LEVEL is \""
              + level
              + "\": set it to one of trace, debug, info, warn, error");
    }
    System.setProperty("org.slf4j.simpleLogger.log.dev.lockclaim", chosen);
    // Netty's and gRPC's own words matter to whoever debugs them.
    System.setProperty(
        "org.slf4j.simpleLogger.defaultLogLevel", chosen.equals("trace") ? "debug" : "error");
    // gRPC speaks by java.util.logging; what it calls INFO and WARNING the lock says in its own
    // words.
    java.util.logging.Logger.getLogger("")
        .setLevel(
            chosen.equals("trace") ? java.util.logging.Level.INFO : java.util.logging.Level.SEVERE);
    System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
    System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    System.setProperty("org.slf4j.simpleLogger.showThreadName", "false");
    System.setProperty("org.slf4j.simpleLogger.showShortLogName", "true");
  }
}
