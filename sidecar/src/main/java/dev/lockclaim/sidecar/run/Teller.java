package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.api.LockView;

/** Tells the person at the terminal, once each time, when etcd cannot be used. */
final class Teller {
  private final RunOptions options;
  private boolean told;

  Teller(RunOptions options) {
    this.options = options;
  }

  synchronized void tell(LockView view) {
    boolean away = view.state() == LockView.State.CONNECTING;
    if (away && !told && !view.reason().isEmpty()) {
      told = true;
      System.err.println(
          "lockclaim: cannot use etcd at "
              + String.join(",", options.etcd)
              + ": "
              + view.reason()
              + "; trying on");
    } else if (!away) {
      told = false;
    }
  }
}
