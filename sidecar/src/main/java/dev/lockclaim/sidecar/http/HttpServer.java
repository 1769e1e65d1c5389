package dev.lockclaim.sidecar.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Serves HTTP/1.1 on a port or a Unix socket, on one event loop. A slow or hostile client costs at
 * most one of {@value #MAX_CONNECTIONS} connections for a minute, and not even that when somebody
 * else needs it. Whoever is turned away is told why, if it can still be told.
 */
public final class HttpServer implements AutoCloseable {
  /** The kubelet, Prometheus, main and people with curl are a dozen; a crowd at once is let in. */
  static final int MAX_CONNECTIONS = 256;

  /**
   * Time for a whole request to come in, counted from the last answer: long enough to keep the
   * connection of a scraper, and it cannot be stretched by sending a byte now and then.
   */
  private static final Duration REQUEST_TIME = Duration.ofSeconds(60);

  /** No path or parameter here comes near. */
  private static final int MAX_REQUEST_LINE = 2048;

  /** Enough for the headers of any proxy in between. */
  private static final int MAX_HEADERS = 8192;

  /** No request here has a body that is looked at. */
  private static final int MAX_BODY = 1024;

  private final Handler handler;
  private final EventLoop loop;
  private final Duration requestTime;
  private final Set<HttpConnection> connections = new LinkedHashSet<>(); // loop only, oldest first
  private Channel channel;

  /** A server that listens to nothing yet. */
  public HttpServer(Handler handler, EventLoop loop) {
    this(handler, loop, REQUEST_TIME);
  }

  HttpServer(Handler handler, EventLoop loop, Duration requestTime) {
    this.handler = handler;
    this.loop = loop;
    this.requestTime = requestTime;
  }

  /**
   * Binds a Unix socket for every user, in place of a stale one.
   *
   * @throws IOException when it cannot be bound
   */
  public void listen(Path socket) throws IOException {
    channel = UnixSocket.bind(bootstrap().channel(NioServerDomainSocketChannel.class), socket);
  }

  /**
   * Binds a port on all addresses; 0 takes a free one.
   *
   * @return the port
   * @throws IOException when it cannot be bound
   */
  public int listen(int port) throws IOException {
    ChannelFuture bound =
        bootstrap().channel(NioServerSocketChannel.class).bind(port).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen on port " + port + ": " + bound.cause().getMessage(), bound.cause());
    }
    channel = bound.channel();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  @Override
  public void close() {
    if (channel != null) {
      channel.close().awaitUninterruptibly();
    }
    if (!loop.isShuttingDown()) {
      loop.submit(() -> Set.copyOf(connections).forEach(HttpConnection::close))
          .awaitUninterruptibly();
    }
  }

  // ---- on the loop

  void ended(HttpConnection connection) {
    connections.remove(connection);
  }

  private ServerBootstrap bootstrap() {
    return new ServerBootstrap()
        .group(loop)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel accepted) {
                makeRoom();
                HttpConnection connection =
                    new HttpConnection(HttpServer.this, handler, requestTime);
                connections.add(connection);
                accepted
                    .pipeline()
                    .addLast(
                        connection.ear(),
                        new HttpServerCodec(MAX_REQUEST_LINE, MAX_HEADERS, MAX_HEADERS),
                        new HttpObjectAggregator(MAX_BODY),
                        connection);
              }
            });
  }

  /** Closes the oldest connection when there are too many: one that has its answers, if any has. */
  private void makeRoom() {
    if (connections.size() >= MAX_CONNECTIONS) {
      connections.stream()
          .filter(HttpConnection::served)
          .findFirst()
          .or(() -> connections.stream().filter(HttpConnection::idle).findFirst())
          .or(() -> connections.stream().findFirst())
          .ifPresent(HttpConnection::close);
    }
  }
}
