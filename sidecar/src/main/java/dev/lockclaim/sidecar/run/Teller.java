package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.api.LockView;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Tells the person at the terminal what keeps the command from running, each trouble once, and when
 * it is over.
 */
final class Teller {
  private final Consumer<String> terminal;
  private final LongSupplier bootClock;
  private final Set<String> told = new HashSet<>();

  /**
   * Has told nothing yet.
   *
   * @param terminal takes one line
   * @param bootClock CLOCK_BOOTTIME in nanoseconds
   */
  Teller(Consumer<String> terminal, LongSupplier bootClock) {
    this.terminal = terminal;
    this.bootClock = bootClock;
  }

  synchronized void tell(LockView view) {
    if (view.trouble().isPresent()) {
      String trouble = withoutPeriod(view.trouble().get());
      if (told.add(gist(trouble)) && !view.refused()) {
        terminal.accept(trouble + "; " + meanwhile(view));
      }
    } else if (!told.isEmpty() && view.state() != LockView.State.CONNECTING) {
      told.clear();
      terminal.accept("this is over: " + now(view));
    }
  }

  /** What is in brackets changes from try to try: refused, timed out, closed. */
  private static String gist(String trouble) {
    return trouble.replaceAll("\\([^)]*\\)", "");
  }

  private String meanwhile(LockView view) {
    long seconds = view.validForMillis(bootClock.getAsLong()) / 1000;
    return seconds == 0
        ? "trying on"
        : "trying on, and stopping the command within " + seconds + " s if that does not help";
  }

  private static String now(LockView view) {
    return switch (view.state()) {
      case STARTING, ACTIVE -> "the lock is held";
      case LOST, STOPPING -> "but the command is being stopped";
      case CONNECTING, WAITING, STOPPED -> "waiting for the lock";
    };
  }

  static String withoutPeriod(String sentence) {
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }
}
