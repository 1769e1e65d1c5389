package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFolder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** A real etcd of one member, ended with the test. */
final class TestingEtcd implements AutoCloseable {
  private final Process process;
  private final Path folder;
  private final String url;

  TestingEtcd(Path root, String... options) throws IOException {
    int port = freePort();
    url = "http://127.0.0.1:" + port;
    String peer = "http://127.0.0.1:" + freePort();
    List<String> command =
        new ArrayList<>(
            List.of(
                tool("etcd"),
                "--data-dir=" + root.resolve("data"),
                "--listen-client-urls=" + url,
                "--advertise-client-urls=" + url,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=default=" + peer,
                "--log-level=error"));
    command.addAll(List.of(options));
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("etcd.log").toFile())
            .start();
    folder = Files.createDirectories(root.resolve("client"));
    Files.writeString(folder.resolve("endpoints"), url);
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> listens(port));
  }

  Etcd open(String prefix) throws IOException {
    return Etcd.open(new EtcdFolder(folder), prefix);
  }

  /** Who was opened here is to go on there. */
  void moveTo(TestingEtcd other) throws IOException {
    Files.writeString(folder.resolve("endpoints"), other.url);
  }

  String url() {
    return url;
  }

  /** Runs etcdctl. */
  void ctl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(tool("etcdctl"), "--endpoints=" + url));
    command.addAll(List.of(arguments));
    Process running = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (running.waitFor() != 0) {
      throw new IOException("etcdctl failed: " + output);
    }
  }

  private static String tool(String name) {
    return System.getProperty("lockclaim.bin") + "/" + name;
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
