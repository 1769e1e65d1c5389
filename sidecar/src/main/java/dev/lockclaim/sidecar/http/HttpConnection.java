package dev.lockclaim.sidecar.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client: reads a request, has it answered, reads the next. On the event loop. */
final class HttpConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger log = LoggerFactory.getLogger(HttpConnection.class);

  /**
   * Time for a whole request to come in, counted from the last answer: long enough to keep the
   * connection of a scraper, and it cannot be stretched by sending a byte now and then.
   */
  private static final long REQUEST_SECONDS = 60;

  /** More than any client that means well sends ahead. */
  private static final int MAX_PIPELINED = 64;

  /** Time for a client to read its last answer while it still sends. */
  private static final long DRAIN_MILLIS = 500;

  private final Deque<OneExchange> waiting = new ArrayDeque<>();
  private final HttpServer server;
  private final Handler handler;
  private ChannelHandlerContext context;
  private ScheduledFuture<?> timeout;
  private OneExchange current;
  private SseStream stream;
  private boolean closing;

  HttpConnection(HttpServer server, Handler handler) {
    super(FullHttpRequest.class);
    this.server = server;
    this.handler = handler;
  }

  boolean idle() {
    return current == null && stream == null;
  }

  void close() {
    if (context != null) {
      var _ = context.close();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext active) {
    context = active;
    awaitRequest();
  }

  @Override
  public void channelInactive(ChannelHandlerContext inactive) {
    timeout.cancel(false);
    server.ended(this);
    if (stream != null) {
      stream.ended();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext changed) {
    if (stream != null) {
      stream.flush();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext failing, Throwable cause) {
    log.debug("an HTTP connection broke", cause);
    close();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext reading, FullHttpRequest request) {
    if (stream != null || closing) {
      return; // Whoever asked for the stream, or was refused, has nothing more to say.
    }
    OneExchange next = new OneExchange(request);
    if (current == null) {
      timeout.cancel(false);
      // What is decoded already still comes; the rest stays in the kernel until we are done.
      reading.channel().config().setAutoRead(false);
      begin(next);
    } else if (waiting.size() < MAX_PIPELINED) {
      waiting.add(next);
    } else {
      close();
    }
  }

  private void begin(OneExchange exchange) {
    current = exchange;
    try {
      exchange.decode();
      handler.handle(exchange);
    } catch (BadRequest e) {
      closing = true;
      exchange.error(e.status, e.getMessage());
    } catch (RuntimeException e) {
      log.error("answering {} {} failed", exchange.method, exchange.uri, e);
      exchange.error(500, "the sidecar failed to answer; its log says why");
    }
  }

  private void done(ChannelFuture written, boolean keepAlive) {
    current = null;
    if (!keepAlive) {
      closing = true;
      waiting.clear();
      var _ = written.addListener(_ -> drainAndClose());
    } else if (waiting.isEmpty()) {
      context.channel().config().setAutoRead(true);
      awaitRequest();
    } else {
      // Not from here: a long row of requests must not become a deep stack.
      OneExchange next = waiting.remove();
      context.executor().execute(() -> begin(next));
      current = next;
    }
  }

  /** Closing with unread bytes would make the kernel throw away the answer before it is read. */
  private void drainAndClose() {
    context.channel().config().setAutoRead(true);
    if (context.channel() instanceof DuplexChannel duplex) {
      var _ = duplex.shutdownOutput();
    }
    timeout = context.executor().schedule(this::close, DRAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void awaitRequest() {
    timeout = context.executor().schedule(this::close, REQUEST_SECONDS, TimeUnit.SECONDS);
  }

  /** A request that cannot be answered as such. */
  private static final class BadRequest extends RuntimeException {
    private final int status;

    BadRequest(int status, String message) {
      super(message);
      this.status = status;
    }
  }

  private final class OneExchange implements Exchange {
    private final String method;
    private final String uri;
    private final HttpVersion version;
    private final boolean keepAlive;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final Throwable failure;
    private QueryStringDecoder query;

    OneExchange(FullHttpRequest request) {
      method = request.method().name();
      uri = request.uri();
      version = request.protocolVersion();
      keepAlive = HttpUtil.isKeepAlive(request);
      failure = request.decoderResult().cause();
    }

    void decode() {
      if (failure instanceof TooLongHttpLineException) {
        throw new BadRequest(414, "the request line is too long");
      }
      if (failure instanceof TooLongHttpHeaderException) {
        throw new BadRequest(431, "the headers are too long");
      }
      if (failure != null) {
        throw new BadRequest(400, "this is not an HTTP request");
      }
      try {
        query = new QueryStringDecoder(uri);
        var _ = query.path();
        var _ = query.parameters();
      } catch (IllegalArgumentException e) {
        throw new BadRequest(400, "the path or a parameter is not well encoded");
      }
    }

    @Override
    public String method() {
      return method;
    }

    @Override
    public String path() {
      return query.path();
    }

    @Override
    public Set<String> parameters() {
      return query.parameters().keySet();
    }

    @Override
    public List<String> parameter(String name) {
      return query.parameters().getOrDefault(name, List.of());
    }

    @Override
    public void header(String name, String value) {
      headers.put(name, value);
    }

    @Override
    public void answer(int status, String contentType, byte[] body) {
      onLoop(() -> write(status, contentType, body));
    }

    private void write(int status, String contentType, byte[] body) {
      if (current != this) {
        return;
      }
      byte[] shown = method.equals("HEAD") ? new byte[0] : body;
      var response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.valueOf(status),
              Unpooled.wrappedBuffer(shown));
      headers.forEach((name, value) -> response.headers().set(name, value));
      response
          .headers()
          .set(HttpHeaderNames.CONTENT_TYPE, contentType)
          .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
          .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
      boolean keep = keepAlive && !closing;
      HttpUtil.setKeepAlive(response, keep);
      done(context.writeAndFlush(response), keep);
    }

    @Override
    public EventStream events() {
      Channel channel = context.channel();
      SseStream opened = new SseStream(channel);
      onLoop(
          () -> {
            if (current != this || !channel.isActive()) {
              opened.ended();
              return;
            }
            current = null;
            stream = opened;
            var response = new DefaultHttpResponse(version, HttpResponseStatus.OK);
            response
                .headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream")
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
            HttpUtil.setKeepAlive(response, false);
            var _ = context.writeAndFlush(response);
            opened.begin();
            channel.config().setAutoRead(true); // So that the client's end is noticed.
          });
      return opened;
    }

    private void onLoop(Runnable action) {
      if (context.executor().inEventLoop()) {
        action.run();
      } else {
        context.executor().execute(action);
      }
    }
  }
}
