package dev.lockclaim.lock;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A way to a member of etcd that can be cut, swallow everything, or be slow to begin. */
final class TestingLink implements AutoCloseable {
  private final int target;
  private final int port;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private ServerSocket listener;
  private volatile boolean swallows;
  private volatile long beginMillis;

  /** Open to a port of this machine. */
  TestingLink(int target) throws IOException {
    this.target = target;
    try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = any.getLocalPort();
    }
    mend();
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** Connections end, and new ones are refused. */
  synchronized void cut() throws IOException {
    listener.close();
    sockets.forEach(TestingLink::end);
    sockets.clear();
  }

  /** New connections are taken again. */
  synchronized void mend() throws IOException {
    listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    ServerSocket mine = listener;
    Thread.ofVirtual().start(() -> accept(mine));
  }

  /** What is sent arrives nowhere, and nobody is told. */
  void swallow() {
    swallows = true;
  }

  /** The first answer on a new connection takes its time, as that of TLS or of a password does. */
  void beginSlowly(long millis) {
    beginMillis = millis;
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        Socket client = from.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(client);
        sockets.add(server);
        Thread.ofVirtual().start(() -> copy(client, server, 0));
        Thread.ofVirtual().start(() -> copy(server, client, beginMillis));
      } catch (IOException cutOrNobodyThere) {
        // the next one is taken, if the link is there
      }
    }
  }

  private void copy(Socket from, Socket to, long beforeFirstMillis) {
    byte[] bytes = new byte[8192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      boolean first = true;
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        if (first) {
          Thread.sleep(beforeFirstMillis); // what the link is for
          first = false;
        }
        if (!swallows) {
          out.write(bytes, 0, count);
        }
      }
    } catch (IOException | InterruptedException ended) {
      // both ends are closed
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    cut();
  }
}
