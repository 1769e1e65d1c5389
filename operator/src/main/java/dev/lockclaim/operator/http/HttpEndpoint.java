package dev.lockclaim.operator.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Serves /livez, /readyz and /metrics, each request on a virtual thread of its own. */
public final class HttpEndpoint implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Starts to serve.
   *
   * @param port 0 for any
   * @param missing what is missing for readiness, empty when ready
   */
  public HttpEndpoint(int port, Supplier<Optional<String>> missing, Supplier<String> metrics)
      throws IOException {
    Servers.limit();
    server = HttpServer.create();
    Servers.bind(server, port);
    server.setExecutor(threads);
    server.createContext("/livez", exchange -> reply(exchange, 200, "ok\n"));
    server.createContext(
        "/readyz",
        exchange -> {
          Optional<String> reason = missing.get();
          reply(exchange, reason.isEmpty() ? 200 : 503, reason.orElse("ok") + "\n");
        });
    server.createContext("/metrics", exchange -> reply(exchange, 200, metrics.get()));
    server.start();
  }

  /** The port in use. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }

  private static void reply(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      byte[] body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.sendResponseHeaders(status, -1);
        return;
      }
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
