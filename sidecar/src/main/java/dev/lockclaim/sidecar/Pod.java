package dev.lockclaim.sidecar;

import dev.lockclaim.sidecar.api.LockSocket;
import dev.lockclaim.sidecar.api.LockView;
import dev.lockclaim.sidecar.gates.Activation;
import dev.lockclaim.sidecar.gates.GateServer;
import dev.lockclaim.sidecar.gates.MainEnd;
import dev.lockclaim.sidecar.gates.RestartPolicy;
import dev.lockclaim.sidecar.http.Handler;
import dev.lockclaim.sidecar.http.HttpServer;
import dev.lockclaim.sidecar.metrics.LossReason;
import dev.lockclaim.sidecar.metrics.SidecarMetrics;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Lock, gates and local socket of one pod (or of one {@code lockclaim run}), wired up. First {@link
 * #listen}, which needs nothing of etcd, then {@link #start}.
 */
public final class Pod {
  /** One for the gates, one for HTTP: no client of a socket may hold up a gate. */
  private static final int EVENT_LOOPS = 2;

  /** Name of the gates' socket in the shared folder. */
  public static final String GATE_SOCKET = "gate.sock";

  private static final String LOCK_SOCKET = "lock.sock";
  private static final String TOKEN = "token";

  private final LockHandle lock;
  private final Path folder;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(EVENT_LOOPS, NioIoHandler.newFactory());
  private final GateServer gates;
  private final MainJoint joint;
  private final LockSocket socket;
  private final SidecarMetrics metrics;
  private final EventLoop httpLoop;
  private volatile Optional<MainEnd> lastEnd = Optional.empty();

  /**
   * A pod that does nothing yet.
   *
   * @param lock opened, not started
   * @param folder shared with the gates
   */
  public Pod(LockHandle lock, Path folder, List<String> containers, RestartPolicy restartPolicy) {
    this.lock = lock;
    this.folder = folder;
    LockHandle.Settings settings = lock.settings();
    metrics =
        new SidecarMetrics(
            settings.namespace(), settings.name(), Version.TEXT, lock::view, lock::bootNanos);
    joint = new MainJoint(this::ended, lock::gatesTroubleChanged);
    gates =
        new GateServer(
            new GateServer.Config(
                lock.sidecarNumber(),
                settings.namespace() + "/" + settings.name(),
                containers,
                settings.stopGraceSeconds() * 1000L,
                restartPolicy,
                lock::bootNanos,
                new TokenFile(folder.resolve(TOKEN))::show),
            joint,
            loops.next());
    joint.join(gates);
    lock.explainWith(gates::trouble);
    httpLoop = loops.next();
    socket = new LockSocket(lock::view, lock::settledView, lock::bootNanos, lock::giveUp);
  }

  /**
   * Opens the sockets: gates and clients may come.
   *
   * @throws IOException when a socket cannot be bound
   */
  public void listen() throws IOException {
    gates.listen(folder.resolve(GATE_SOCKET));
    new HttpServer(socket.routes(), httpLoop).listen(folder.resolve(LOCK_SOCKET));
  }

  /**
   * Opens the port.
   *
   * @throws IOException when it cannot be bound
   */
  int listen(int port, Handler handler) throws IOException {
    return new HttpServer(handler, httpLoop).listen(port);
  }

  /**
   * Begins to stand in line; returns at once, whether etcd answers or not.
   *
   * @param listener hears each change
   */
  public void start(Consumer<LockView> listener) {
    lock.start(
        joint,
        metrics,
        view -> {
          socket.changed();
          listener.accept(view);
        });
  }

  /** What runs now. */
  public Activation activation() {
    return gates.activation();
  }

  /** From now on runs no main; false when one runs or may run already, and nothing has changed. */
  public boolean withdraw() {
    return gates.withdraw();
  }

  /** A gate's process was seen to end, with the PID namespace that it made for itself. */
  public void gateGone(String container) {
    gates.gone(container);
  }

  /** How main has ended last. */
  public Optional<MainEnd> lastEnd() {
    return lastEnd;
  }

  /** Waits for main's end; false when it has not come in time. */
  public boolean awaitEnd(long time, TimeUnit unit) throws InterruptedException {
    return gates.awaitIdle(time, unit);
  }

  /**
   * Leaves: gives the lock back if main does not run, and leaves it alone if it does, for a next
   * sidecar to take up.
   */
  public void leave() {
    lock.close();
    gates.close();
    var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private void ended(MainEnd end, long stopNanos) {
    lastEnd = Optional.of(end);
    metrics.fenced(stopNanos / 1e9, end.lateMillis() / 1e3);
    if (end.byDeadline()) {
      metrics.lost(LossReason.DEADLINE);
    }
  }

  /** Its part in the lock. */
  public LockHandle lock() {
    return lock;
  }

  SidecarMetrics metrics() {
    return metrics;
  }

  EventLoopGroup loops() {
    return loops;
  }
}
