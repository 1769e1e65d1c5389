package dev.lockclaim.sidecar.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client: reads a request, has it answered, reads the next. On the event loop. */
final class HttpConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger log = LoggerFactory.getLogger(HttpConnection.class);

  /** More than any client that means well sends ahead. */
  private static final int MAX_PIPELINED = 64;

  /** Time for a client to read its last answer while it still sends. */
  private static final long DRAIN_MILLIS = 500;

  private final Deque<HttpExchange> waiting = new ArrayDeque<>();
  private final HttpServer server;
  private final Handler handler;
  private final Duration requestTime;
  private ChannelHandlerContext context;
  private ScheduledFuture<?> timeout;
  private HttpExchange current;
  private SseStream stream;
  private boolean closing;
  private boolean answered;
  private boolean heard; // bytes that are no whole request yet

  HttpConnection(HttpServer server, Handler handler, Duration requestTime) {
    super(FullHttpRequest.class);
    this.server = server;
    this.handler = handler;
    this.requestTime = requestTime;
  }

  /** Comes before the decoder: hears bytes even when they never become a request. */
  ChannelHandler ear() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext reading, Object bytes) {
        heard = true;
        reading.fireChannelRead(bytes);
      }
    };
  }

  boolean idle() {
    return current == null && stream == null;
  }

  /** Idle, and it has had an answer: whoever kept it open makes another one when it needs to. */
  boolean served() {
    return idle() && answered;
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
    heard = false;
    HttpExchange next = new HttpExchange(this, request);
    if (current == null) {
      timeout.cancel(false);
      // What is decoded already still comes; the rest stays in the kernel until we are done.
      reading.channel().config().setAutoRead(false);
      begin(next);
    } else if (waiting.size() < MAX_PIPELINED) {
      waiting.add(next);
    } else if (waiting.size() == MAX_PIPELINED) {
      // The last one that is answered; what else it has sent is not looked at.
      next.refuse(429, "send at most " + MAX_PIPELINED + " requests ahead of their answers");
      waiting.add(next);
    }
  }

  private void begin(HttpExchange exchange) {
    current = exchange;
    try {
      exchange.decode();
      handler.handle(exchange);
    } catch (HttpExchange.BadRequest e) {
      closing = true;
      exchange.error(e.status(), e.getMessage());
    } catch (RuntimeException e) {
      log.error("answering {} {} failed", exchange.method(), exchange.uri(), e);
      exchange.error(500, "the sidecar failed to answer; its log says why");
    }
  }

  private void done(ChannelFuture written, boolean keepAlive) {
    current = null;
    answered = true;
    if (!keepAlive) {
      closing = true;
      waiting.clear();
      var _ = written.addListener(_ -> drainAndClose());
    } else if (waiting.isEmpty()) {
      context.channel().config().setAutoRead(true);
      awaitRequest();
    } else {
      // Not from here: a long row of requests must not become a deep stack.
      HttpExchange next = waiting.remove();
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
    timeout =
        context
            .executor()
            .schedule(this::requestIsLate, requestTime.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void requestIsLate() {
    if (!heard || closing) {
      close(); // It has asked nothing.
      return;
    }
    closing = true;
    byte[] body = Json.error("the request did not come in whole in time");
    var answer =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.REQUEST_TIMEOUT, Unpooled.wrappedBuffer(body));
    answer
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, Json.CONTENT_TYPE)
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE)
        .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    var _ = context.writeAndFlush(answer).addListener(_ -> drainAndClose());
  }

  // ---- what exchanges ask for, on the loop

  void answer(HttpExchange exchange, HttpResponse response) {
    if (current != exchange || !context.channel().isActive()) {
      return;
    }
    boolean keepAlive = exchange.keepAlive() && !closing;
    HttpUtil.setKeepAlive(response, keepAlive);
    done(context.writeAndFlush(response), keepAlive);
  }

  void answer(HttpExchange exchange, HttpResponse head, SseStream opened) {
    if (current != exchange || !context.channel().isActive()) {
      opened.ended();
      return;
    }
    current = null;
    stream = opened;
    HttpUtil.setKeepAlive(head, false);
    var _ = context.writeAndFlush(head);
    opened.begin();
    context.channel().config().setAutoRead(true); // So that the client's end is noticed.
  }

  Channel channel() {
    return context.channel();
  }

  void onLoop(Runnable action) {
    if (context.executor().inEventLoop()) {
      action.run();
      return;
    }
    try {
      context.executor().execute(action);
    } catch (RejectedExecutionException theLoopHasEnded) {
      log.debug("nobody is there any more to be answered", theLoopHasEnded);
    }
  }
}
