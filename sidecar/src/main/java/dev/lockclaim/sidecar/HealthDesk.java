package dev.lockclaim.sidecar;

import dev.lockclaim.sidecar.api.LockView;
import dev.lockclaim.sidecar.http.Exchange;
import dev.lockclaim.sidecar.http.Routes;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The kubelet's questions about the sidecar itself. A standby is ready, and so is a sidecar that
 * cannot reach etcd: neither would get better by a restart, and readiness never means leadership.
 */
final class HealthDesk {
  private final Supplier<LockView> view;
  private final LongSupplier bootClock;
  private final Supplier<Optional<String>> stuck;

  /**
   * Answers from what is known now.
   *
   * @param stuck why the lock's decision loop does not turn, if it does not
   */
  HealthDesk(Supplier<LockView> view, LongSupplier bootClock, Supplier<Optional<String>> stuck) {
    this.view = view;
    this.bootClock = bootClock;
    this.stuck = stuck;
  }

  /** Adds what this desk answers. */
  void addTo(Routes routes) {
    routes
        .on("GET", "/startupz", exchange -> exchange.text(200, "started\n"))
        .on("GET", "/readyz", exchange -> exchange.text(200, view.get().state().word() + "\n"))
        .on("GET", "/livez", this::live);
  }

  private void live(Exchange exchange) {
    Optional<String> trouble = trouble();
    exchange.text(trouble.isPresent() ? 503 : 200, trouble.orElse("alive") + "\n");
  }

  /** Why a restart of the sidecar would help; empty when it would not. */
  Optional<String> trouble() {
    LockView now = view.get();
    if (now.holds() && now.goneNanos() > 0 && now.goneNanos() < bootClock.getAsLong()) {
      return Optional.of("the lock is held, but its deadline has passed without a renewal");
    }
    return stuck.get();
  }
}
