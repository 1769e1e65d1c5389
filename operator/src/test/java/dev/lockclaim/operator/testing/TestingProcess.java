package dev.lockclaim.operator.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A program of the tool box that runs while a test needs it, and never longer than this JVM. */
final class TestingProcess implements AutoCloseable {
  private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);

  private final Process process;
  private final Path log;
  private final Thread atExit;

  private TestingProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    this.atExit = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Starts it and waits until it is ready. */
  static TestingProcess start(
      String tool, List<String> arguments, Path folder, BooleanSupplier ready) {
    Path binary = Path.of(System.getProperty("lockclaim.bin"), tool);
    if (!Files.isExecutable(binary)) {
      throw new IllegalStateException(
          "There is no " + binary + ": build it with testbed/tools " + tool);
    }
    Path log = folder.resolve(tool + ".log");
    try {
      var command = new java.util.ArrayList<>(List.of(binary.toString()));
      command.addAll(arguments);
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      TestingProcess started = new TestingProcess(process, log);
      started.await(tool, ready);
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void await(String tool, BooleanSupplier ready) {
    long end = System.nanoTime() + START_LIMIT_NANOS;
    try {
      while (!ready.getAsBoolean()) {
        if (!process.isAlive() || System.nanoTime() > end) {
          close();
          throw new IllegalStateException(
              tool + " did not become ready:\n" + Files.readString(log));
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    } catch (InterruptedException | IOException e) {
      close();
      throw new IllegalStateException(tool + " did not become ready", e);
    }
  }

  /** A port that was free a moment ago. */
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException alreadyShuttingDown) {
      return;
    }
  }
}
