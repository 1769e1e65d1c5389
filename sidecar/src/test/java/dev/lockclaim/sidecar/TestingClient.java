package dev.lockclaim.sidecar;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A client that writes bytes and reads lines, well-behaved or not. */
public final class TestingClient implements AutoCloseable {
  private final SocketChannel channel;
  private final BufferedReader reader;

  private TestingClient(SocketAddress address, SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.connect(address);
    reader =
        new BufferedReader(
            new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.ISO_8859_1));
  }

  public static TestingClient connect(Path socket) throws IOException {
    return new TestingClient(
        UnixDomainSocketAddress.of(socket), SocketChannel.open(StandardProtocolFamily.UNIX));
  }

  public static TestingClient connect(int port) throws IOException {
    return new TestingClient(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), SocketChannel.open());
  }

  public TestingClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public TestingClient send(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    return this;
  }

  /** The next line; null at the end of the stream. */
  public String line() throws IOException {
    return reader.readLine();
  }

  /** Reads lines until one that begins with {@code start}. */
  public String lineThatStarts(String start) throws IOException {
    for (String line = line(); line != null; line = line()) {
      if (line.startsWith(start)) {
        return line;
      }
    }
    throw new IOException("the stream ended before a line that starts with " + start);
  }

  /** All that comes until the other side closes. */
  public String rest() throws IOException {
    StringBuilder rest = new StringBuilder();
    try {
      for (int c = reader.read(); c >= 0; c = reader.read()) {
        rest.append((char) c);
      }
    } catch (IOException e) {
      rest.append(" (").append(e.getMessage()).append(")");
    }
    return rest.toString();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
