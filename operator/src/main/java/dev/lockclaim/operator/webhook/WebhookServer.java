package dev.lockclaim.operator.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
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
    server = HttpsServer.create(new InetSocketAddress(port), 0);
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

  private void mutate(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("POST")) {
        reply(
            exchange,
            405,
            "text/plain",
            "only POST is served here".getBytes(StandardCharsets.UTF_8));
        return;
      }
      byte[] body = exchange.getRequestBody().readNBytes(LARGEST_BODY_BYTES);
      reply(exchange, 200, "application/json", handler.answer(body));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.info("Admission request dropped: the operator is stopping");
    } catch (IOException | RuntimeException e) {
      LOG.warn("Admission request failed", e);
      reply(
          exchange,
          400,
          "text/plain",
          ("lockclaim webhook: " + e.getMessage()).getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void reply(HttpExchange exchange, int status, String contentType, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }
}
