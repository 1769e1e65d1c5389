package dev.lockclaim.sidecar.http;

import io.netty.buffer.Unpooled;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A request on an {@link HttpConnection}; keeps nothing of Netty's, so nothing is to be released.
 */
final class HttpExchange implements Exchange {
  private final HttpConnection connection;
  private final String method;
  private final String uri;
  private final HttpVersion version;
  private final boolean keepAlive;
  private final Throwable failure;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private QueryStringDecoder query;
  private BadRequest refusal; // null: none

  HttpExchange(HttpConnection connection, FullHttpRequest request) {
    this.connection = connection;
    method = request.method().name();
    uri = request.uri();
    version = request.protocolVersion();
    keepAlive = HttpUtil.isKeepAlive(request) && version.equals(HttpVersion.HTTP_1_1);
    failure = request.decoderResult().cause();
  }

  /** A request that cannot be answered as such. */
  static final class BadRequest extends Exception {
    private final int status;

    BadRequest(int status, String message) {
      super(message);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  /** Turns it away whatever it asks for. */
  void refuse(int status, String why) {
    refusal = new BadRequest(status, why);
  }

  /** Comes before everything that asks for path or parameters. */
  void decode() throws BadRequest {
    if (refusal != null) {
      throw refusal;
    }
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

  String uri() {
    return uri;
  }

  boolean keepAlive() {
    return keepAlive;
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
    connection.onLoop(() -> connection.answer(this, response));
  }

  @Override
  public EventStream events() {
    SseStream opened = new SseStream(connection.channel());
    var head = new DefaultHttpResponse(version, HttpResponseStatus.OK);
    head.headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream")
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    connection.onLoop(() -> connection.answer(this, head, opened));
    return opened;
  }
}
