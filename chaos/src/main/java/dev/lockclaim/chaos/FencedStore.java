package dev.lockclaim.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A store as the guarantees ask for it: remembers the highest token it has seen, and refuses writes
 * with a lower one. Mains offer it each of their records. Safe for use by many threads.
 */
final class FencedStore implements AutoCloseable {
  private final Path path;
  private final ServerSocketChannel server;
  private long highestToken;
  private int accepted;
  private int refused;

  private FencedStore(Path path, ServerSocketChannel server) {
    this.path = path;
    this.server = server;
  }

  static FencedStore open(Path path) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    FencedStore store = new FencedStore(path, server);
    Thread.ofVirtual().name("store").start(store::accept);
    return store;
  }

  /** How many writes were taken. */
  synchronized int accepted() {
    return accepted;
  }

  /** How many writes bore a lower token than an earlier one, and were refused. */
  synchronized int refused() {
    return refused;
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(client), StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String answer = write(Long.parseLong(line)) ? "y" : "n";
        client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)));
      }
    } catch (IOException e) {
      // Main was killed in the middle of it.
    }
  }

  private synchronized boolean write(long token) {
    if (token < highestToken) {
      refused++;
      return false;
    }
    highestToken = token;
    accepted++;
    return true;
  }

  @Override
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(path);
  }
}
