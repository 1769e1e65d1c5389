package dev.lockclaim.chaos;

import dev.lockclaim.chaos.lab.Lab;
import dev.lockclaim.chaos.plan.Fault;
import java.io.IOException;

/** Waits for what the product promises; what the lab itself owes is waited for by the lab. */
final class Promise {
  /** What is done in a fault, and may show that a promise is broken. */
  interface Deed {
    void commit() throws Broken, IOException, InterruptedException;
  }

  /** Takes back what was done. */
  @SuppressWarnings("try") // who is interrupted ends the run
  interface Undoing extends AutoCloseable {
    @Override
    void close() throws IOException, InterruptedException;
  }

  private Promise() {}

  /** Does something and takes it back in any case; a failure of that hides no broken promise. */
  @SuppressWarnings("try") // who is interrupted ends the run
  static void undoing(Deed deed, Undoing undoing) throws Broken, IOException, InterruptedException {
    try (undoing) {
      deed.commit();
    }
  }

  /**
   * Waits until the product has done something in a fault.
   *
   * @throws Broken when it does not come, with the names of the fault and of what was waited for;
   *     never an IOException, which would say that the fault could not be done
   */
  static void await(Fault fault, String what, long seconds, Lab.Question question)
      throws Broken, InterruptedException {
    try {
      Lab.await(what, seconds, question);
    } catch (IOException e) {
      throw new Broken(fault.kind().name() + ": " + e.getMessage(), e);
    }
  }
}
