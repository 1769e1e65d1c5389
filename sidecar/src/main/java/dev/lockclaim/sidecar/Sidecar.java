package dev.lockclaim.sidecar;

import dev.lockclaim.sidecar.http.Routes;
import dev.lockclaim.sidecar.probes.ProbeDesk;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code lockclaim sidecar}. */
final class Sidecar {
  private static final Logger log = LoggerFactory.getLogger(Sidecar.class);

  /**
   * What a main that is on its way out already is waited for after SIGTERM. The kubelet sends it
   * last, and gives two seconds at least before SIGKILL.
   */
  private static final long WAIT_FOR_END_MILLIS = 1500;

  /** Where a restart by the kubelet may help: the volume or the port is not usable. */
  private static final int CANNOT_WORK = 1;

  private Sidecar() {}

  /**
   * Runs until a signal comes.
   *
   * @return the exit status
   * @throws WrongSettings when the environment cannot work
   */
  static int run(SidecarSettings settings) throws WrongSettings {
    try {
      GateBinary.install(settings.gate(), settings.volume().resolve("gate"));
      LockHandle lock = LockHandle.open(lockSettings(settings), settings.volume());
      Pod pod = new Pod(lock, settings.volume(), settings.containers(), settings.restartPolicy());
      Routes routes = routes(settings, lock, pod);
      pod.listen();
      int port = pod.listen(settings.httpPort(), routes);
      Leaving.onSignal(() -> leave(pod));
      log.info(
          "started for {} as sidecar {} of pod {}; probes and metrics on port {}",
          settings.lock(),
          lock.sidecarNumber(),
          settings.podName(),
          port);
      pod.start(view -> {});
      Leaving.await();
      return 0;
    } catch (IOException e) {
      log.error("cannot start: {}", e.toString());
      return CANNOT_WORK;
    }
  }

  private static Routes routes(SidecarSettings settings, LockHandle lock, Pod pod)
      throws WrongSettings {
    Routes routes = new Routes().on("GET", "/metrics", pod.metrics());
    new HealthDesk(lock::view, lock::bootNanos, lock::stuck).addTo(routes);
    try {
      return routes.on(
          "GET",
          ProbeDesk.PATH,
          ProbeDesk.of(settings.probes(), pod::activation, lock::bootNanos, pod.loops()));
    } catch (IllegalArgumentException e) {
      throw new WrongSettings(
          "LOCKCLAIM_PROBES cannot be read: "
              + e.getMessage()
              + "; set it to what the webhook writes, or to {}");
    }
  }

  /** SIGTERM says nothing about main: while it runs the lock is left for the next sidecar. */
  private static int leave(Pod pod) {
    try {
      if (pod.activation().token() != 0 && pod.activation().up().isEmpty()) {
        pod.awaitEnd(WAIT_FOR_END_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    log.info(
        pod.activation().token() == 0
            ? "leaving"
            : "leaving while main runs: the lock is left to the next sidecar");
    pod.leave();
    return 0;
  }

  private static LockHandle.Settings lockSettings(SidecarSettings settings) {
    return new LockHandle.Settings(
        settings.namespace(),
        settings.name(),
        settings.podName(),
        settings.podUid(),
        settings.nodeName(),
        settings.podRevision(),
        settings.ttlSeconds(),
        settings.stopGraceSeconds(),
        settings.etcdDir(),
        OptionalInt.empty());
  }
}
