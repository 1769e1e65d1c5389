package dev.lockclaim.sidecar;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Ends the process in order on SIGTERM, SIGINT and SIGHUP: the JVM answers those by running its
 * shutdown hooks, and this one decides the exit status too.
 */
public final class Leaving {
  private Leaving() {}

  /**
   * Registers what is to be done.
   *
   * @param leave ends what there is to end and gives the exit status; runs on its own thread
   */
  public static void onSignal(IntSupplier leave) {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(leave.getAsInt()), "leaving"));
  }

  /** Waits until a signal ends the process. */
  static void await() {
    CountDownLatch never = new CountDownLatch(1);
    try {
      while (!never.await(1, TimeUnit.DAYS)) {
        // Only a signal ends this.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
