package dev.lockclaim.operator.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.lockclaim.operator.http.Servers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves {@code POST /mutate} over TLS, each request on a virtual thread of its own. */
public final class WebhookServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebhookServer.class);

  // The API server's own limit on a request is about 3 MB.
  private static final int LARGEST_BODY_BYTES = 8 << 20;

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AdmissionHandler handler;

  /**
   * Starts to serve.
   *
   * @param port 0 for any
   * @param tls its key manager may change what it serves at any time
   */
  public WebhookServer(int port, SSLContext tls, AdmissionHandler handler) throws IOException {
    this.handler = handler;
    Servers.limit();
    server = HttpsServer.create();
    Servers.bind(server, port);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.setExecutor(threads);
    server.createContext("/mutate", this::mutate);
    server.start();
  }

  /** The port in use. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(1); // seconds for requests under way
    threads.close();
  }

  private void mutate(HttpExchange exchange) {
    try (exchange) {
      answer(exchange);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.info("Admission request dropped: the operator is stopping");
    } catch (IOException e) {
      LOG.info("Admission request broke off: {}", e.getMessage());
    }
  }

  private void answer(HttpExchange exchange) throws IOException, InterruptedException {
    if (!exchange.getRequestMethod().equals("POST")) {
      refuse(exchange, 405, "only POST is served here");
      return;
    }
    byte[] body = exchange.getRequestBody().readNBytes(LARGEST_BODY_BYTES + 1);
    if (body.length > LARGEST_BODY_BYTES) {
      refuse(exchange, 413, "the body is larger than " + LARGEST_BODY_BYTES + " bytes");
      return;
    }
    byte[] review;
    try {
      review = handler.answer(body);
    } catch (NoReview e) {
      refuse(exchange, 400, e.getMessage());
      return;
    } catch (RuntimeException e) {
      LOG.error("Admission request could not be answered", e);
      refuse(exchange, 500, "the request could not be answered, see the operator's log: " + e);
      return;
    }
    reply(exchange, 200, "application/json", review);
  }

  /** Who sends this is no API server; one line is enough for whoever looks for the reason. */
  private static void refuse(HttpExchange exchange, int status, String why) throws IOException {
    LOG.warn("Request from {} refused: {}", exchange.getRemoteAddress().getAddress(), why);
    byte[] text = ("lockclaim webhook: " + why + "\n").getBytes(StandardCharsets.UTF_8);
    reply(exchange, status, "text/plain", text);
  }

  private static void reply(HttpExchange exchange, int status, String contentType, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }
}
