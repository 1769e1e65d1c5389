package dev.lockclaim.sidecar.probes;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Carries probes out, as the kubelet would: certificates are not verified, a redirect is a success.
 * Blocks up to the probe's timeout. Main is looked for at the pod's own address first, where the
 * kubelet would look, then at the loopback address.
 */
final class ProbeRunner {
  /** A status line is short; who sends more before its end is not speaking HTTP. */
  private static final int MAX_STATUS_LINE = 1024;

  private final GrpcHealth grpc;

  ProbeRunner(GrpcHealth grpc) {
    this.grpc = grpc;
  }

  /** How a probe went, with words for whoever reads the kubelet's event. */
  record Outcome(boolean ok, String why) {}

  Outcome run(Probe probe) {
    Outcome outcome = new Outcome(false, "no address of this pod was found");
    for (String host : hosts(probe.action())) {
      try {
        return runAt(host, probe);
      } catch (ConnectException e) {
        outcome =
            new Outcome(false, host + " port " + probe.action().port() + ": " + e.getMessage());
      } catch (IOException e) {
        return new Outcome(false, host + " port " + probe.action().port() + ": " + e.getMessage());
      }
    }
    return outcome;
  }

  private Outcome runAt(String host, Probe probe) throws IOException {
    Duration timeout = probe.timeout();
    return switch (probe.action()) {
      case Probe.HttpGet get -> http(host, get, timeout);
      case Probe.TcpSocket tcp -> {
        connect(host, tcp.port(), timeout).close();
        yield new Outcome(true, "connected");
      }
      case Probe.Grpc call -> grpc.check(host, call.port(), call.service(), timeout);
    };
  }

  private static Outcome http(String host, Probe.HttpGet get, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try (Socket plain = connect(host, get.port(), timeout);
        Socket socket = get.tls() ? Tls.over(plain, host, get.port()) : plain) {
      socket.getOutputStream().write(request(host, get).getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      String line = statusLine(socket, deadline);
      String[] parts = line.split(" ", 3);
      if (parts.length < 2 || !parts[0].startsWith("HTTP/") || !parts[1].matches("[1-5]\\d\\d")) {
        return new Outcome(false, "the answer is not HTTP");
      }
      int status = Integer.parseInt(parts[1]);
      return new Outcome(status >= 200 && status < 400, "HTTP status " + status);
    }
  }

  private static String request(String host, Probe.HttpGet get) {
    StringBuilder request = new StringBuilder("GET ").append(get.path()).append(" HTTP/1.1\r\n");
    List<Map.Entry<String, String>> headers = new ArrayList<>(get.headers());
    addUnlessThere(headers, "Host", authority(host, get.port()));
    addUnlessThere(headers, "User-Agent", "lockclaim-probe");
    addUnlessThere(headers, "Accept", "*/*");
    addUnlessThere(headers, "Connection", "close");
    headers.forEach(
        header ->
            request.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n"));
    return request.append("\r\n").toString();
  }

  private static void addUnlessThere(
      List<Map.Entry<String, String>> headers, String name, String value) {
    if (headers.stream().noneMatch(header -> header.getKey().equalsIgnoreCase(name))) {
      headers.add(Map.entry(name, value));
    }
  }

  static String authority(String host, int port) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  private static Socket connect(String host, int port, Duration timeout) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
      socket.setSoTimeout((int) timeout.toMillis());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static String statusLine(Socket socket, long deadline) throws IOException {
    StringBuilder line = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (line.length() < MAX_STATUS_LINE) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new IOException("no answer in time");
      }
      socket.setSoTimeout((int) left);
      int read = in.read();
      if (read < 0 || read == '\n') {
        break;
      }
      line.append((char) read);
    }
    return line.toString().stripTrailing();
  }

  private static List<String> hosts(Probe.Action action) {
    Optional<String> named =
        switch (action) {
          case Probe.HttpGet get -> get.host();
          case Probe.TcpSocket tcp -> tcp.host();
          case Probe.Grpc _ -> Optional.empty();
        };
    if (named.isPresent()) {
      return List.of(named.get());
    }
    String loopback = InetAddress.getLoopbackAddress().getHostAddress();
    try {
      String pod = InetAddress.getLocalHost().getHostAddress();
      return pod.equals(loopback) ? List.of(loopback) : List.of(pod, loopback);
    } catch (IOException e) {
      return List.of(loopback); // A host whose own name does not resolve.
    }
  }
}
