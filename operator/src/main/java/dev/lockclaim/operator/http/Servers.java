package dev.lockclaim.operator.http;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;

/** How the JDK's HTTP servers are made here. */
public final class Servers {
  private Servers() {}

  /** Sets the limits, which are read when the first server is made; the command line's hold. */
  public static void limit() {
    // A request of which the rest never comes: twice the longest that an API server waits.
    limit("sun.net.httpserver.maxReqTime", "60");
    // Longer than the 90 s after which the API server itself closes an idle connection: closed by
    // us, a request may be on its way.
    limit("sun.net.httpserver.idleInterval", "300");
  }

  /**
   * Binds a server.
   *
   * @param port 0 for any
   */
  public static void bind(HttpServer server, int port) throws IOException {
    try {
      server.bind(new InetSocketAddress(port), 0);
    } catch (BindException e) {
      throw new IOException("port " + port + " cannot be listened on: " + e.getMessage(), e);
    }
  }

  private static void limit(String property, String seconds) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, seconds);
    }
  }
}
