package dev.lockclaim.sidecar.gates;

import dev.lockclaim.sidecar.http.UnixSocket;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves gate.sock: hears all gates of the pod and drives them as one main.
 *
 * <p>Everything happens on one event loop, so what the gates say and what the lock asks has one
 * order. The public methods only hand over to it: they return at once and may be called from any
 * thread. Whoever else connects to the socket cannot do harm beyond being a gate: lines, their
 * rate, complaints and connections are bounded.
 */
public final class GateServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(GateServer.class);

  /** Gates of one pod number a few; the rest is for those that come back before we saw them go. */
  private static final int MAX_CONNECTIONS = 64;

  /**
   * What the server needs to know.
   *
   * @param sidecar number of this sidecar process, rising
   * @param lock namespace/name
   * @param stopGraceMillis for the other containers when one has ended
   * @param bootClock CLOCK_BOOTTIME in nanoseconds
   * @param tokenFile told the token of main before it starts, 0 when it has ended
   */
  public record Config(
      int sidecar,
      String lock,
      List<String> containers,
      long stopGraceMillis,
      RestartPolicy restartPolicy,
      LongSupplier bootClock,
      LongConsumer tokenFile) {}

  private final Config config;
  private final MainListener listener;
  private final EventLoop loop;
  private final Map<Long, GateConnection> connections = new LinkedHashMap<>(); // loop only
  private GateSet gates; // loop only
  private long nextLink = 1; // loop only
  private long haltSinceNanos; // loop only
  private Channel server;
  private boolean withdrawn; // loop only
  private final ShownActivation shown = new ShownActivation();
  private final GateTroubles troubles;

  public GateServer(Config config, MainListener listener, EventLoop loop) {
    this.config = config;
    this.listener = listener;
    this.loop = loop;
    this.troubles = new GateTroubles(listener::troubleChanged);
    this.gates =
        GateSet.of(
            new GateSet.Config(
                config.containers(), config.stopGraceMillis(), config.restartPolicy()));
  }

  /**
   * Binds the socket, in place of one that a former sidecar left.
   *
   * @throws IOException when it cannot be bound
   */
  public void listen(Path socket) throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerDomainSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    GateConnection connection = new GateConnection(GateServer.this, nextLink++);
                    makeRoom();
                    connections.put(connection.link(), connection);
                    channel
                        .pipeline()
                        .addLast(
                            new LineBasedFrameDecoder(GateLine.MAX_LENGTH, true, true),
                            new StringDecoder(StandardCharsets.ISO_8859_1),
                            connection);
                  }
                });
    server = UnixSocket.bind(bootstrap, socket);
  }

  /** Runs main: token, slot, and the times at which the gates stop it by themselves. */
  public void run(long token, int slot, Times times) {
    loop.execute(
        () -> {
          if (withdrawn) {
            listener.refused(token, Refusal.STOPPING); // Nothing was sent.
          } else {
            apply(new Event.RunAsked(token, slot, times));
          }
        });
  }

  /**
   * From now on runs no main, unless one runs or may run already; not to be called on the loop.
   *
   * @return false when one does: nothing has changed then
   */
  public boolean withdraw() {
    return loop.submit(
            () -> {
              withdrawn |= gates.mission().isEmpty();
              return withdrawn;
            })
        .awaitUninterruptibly()
        .getNow();
  }

  /** Gives main of this token later times. */
  public void extend(long token, Times times) {
    loop.execute(() -> apply(new Event.TimesAsked(token, times)));
  }

  /** Ends main of this token; {@link MainListener#ended} follows when it has. */
  public void stop(long token, long graceMillis) {
    loop.execute(() -> apply(new Event.StopAsked(token, graceMillis)));
  }

  /**
   * The gate's process was seen to end, and the first one of its PID namespace with it: nothing is
   * left that it ran, whatever it has said. Only for who has started it and waited for it.
   */
  public void gone(String container) {
    loop.execute(() -> apply(new Event.Gone(container)));
  }

  /** What runs now. */
  public Activation activation() {
    return shown.now();
  }

  /**
   * Waits until nothing runs or may run, and the listener was told; not to be called on the loop.
   *
   * @return false when that has not come in time
   */
  public boolean awaitIdle(long time, TimeUnit unit) throws InterruptedException {
    return shown.awaitNone(unit.toNanos(time));
  }

  /** Why a gate that is there is not used; empty when nothing is wrong. */
  public Optional<String> trouble() {
    return troubles.first();
  }

  /** Closes the socket and all connections; gates keep what they run, and look for a new socket. */
  @Override
  public void close() {
    if (server != null) {
      server.close().awaitUninterruptibly();
    }
    if (!loop.isShuttingDown()) {
      loop.submit(() -> Map.copyOf(connections).values().forEach(GateConnection::close))
          .awaitUninterruptibly();
    }
  }

  // ---- on the loop

  long now() {
    return config.bootClock().getAsLong();
  }

  void said(GateConnection connection, GateLine line) {
    if (!(line instanceof GateLine.Beat)) {
      log.debug("gate {}: {}", connection.link(), line);
    }
    gates.at(connection.link()).ifPresent(gate -> troubles.heard(gate.container(), line));
    apply(new Event.Said(connection.link(), line));
  }

  void lost(GateConnection connection) {
    connections.remove(connection.link());
    troubles.clockAgrees(connection.link());
    apply(new Event.Lost(connection.link()));
  }

  void clockCompared(GateConnection connection, OptionalLong difference) {
    if (difference.isPresent()) {
      String container = gates.at(connection.link()).map(Gate::container).orElse("?");
      String trouble = troubles.clockDiffers(connection.link(), container, difference.getAsLong());
      log.error(gates.mission().isEmpty() ? "main is not run: {}" : "{}", trouble);
    } else {
      troubles.clockAgrees(connection.link());
    }
    apply(new Event.ClockCompared(connection.link(), difference.isEmpty()));
  }

  private void apply(Event event) {
    GateSet.Step step = gates.on(event);
    boolean haltsNow =
        step.gates().mission().flatMap(Mission::halt).isPresent()
            && gates.mission().flatMap(Mission::halt).isEmpty();
    if (haltsNow) {
      haltSinceNanos = now();
    }
    gates = step.gates();
    for (Command command : step.commands()) {
      carryOut(command);
    }
    // Last: who sees that nothing runs may count on the listener knowing it.
    shown.set(gates.mission(), now());
  }

  private void carryOut(Command command) {
    try {
      switch (command) {
        case Command.Greet(long link) -> greet(link);
        case Command.Send(long link, SidecarLine line) ->
            connection(link).ifPresent(connection -> connection.send(line));
        case Command.Drop(long link, String why) -> {
          log.warn("a connection to the gate socket is closed: {}", why);
          connection(link).ifPresent(connection -> connection.drop(why));
        }
        case Command.ShowToken(long token) -> config.tokenFile().accept(token);
        case Command.Ready(boolean ready) -> listener.ready(ready);
        case Command.Started(long token) -> listener.started(token);
        case Command.Refused(long token, Refusal reason) -> listener.refused(token, reason);
        case Command.Stopping(long token) -> listener.stopping(token);
        case Command.Ended(long token, MainEnd end) ->
            listener.ended(token, end, now() - haltSinceNanos);
        case Command.GateLost() -> listener.gateLost();
      }
    } catch (RuntimeException e) {
      log.error("could not carry out {}; going on", command, e);
    }
  }

  private void greet(long link) {
    connection(link)
        .ifPresent(
            connection -> {
              connection.send(new SidecarLine.Hello(config.sidecar(), config.lock(), now()));
              connection.send(new SidecarLine.Ping());
            });
  }

  private Optional<GateConnection> connection(long link) {
    return Optional.ofNullable(connections.get(link));
  }

  /** Closes the oldest connection that is no gate's when there are too many. */
  private void makeRoom() {
    if (connections.size() >= MAX_CONNECTIONS) {
      connections.values().stream()
          .filter(connection -> gates.at(connection.link()).isEmpty())
          .findFirst()
          .ifPresent(GateConnection::close);
    }
  }
}
