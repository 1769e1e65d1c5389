package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that is started anew whenever it has ended, as a kubelet or a service manager does.
 * Safe for use by many threads.
 */
final class Supervised {
  private static final long PAUSE_NANOS = 300_000_000L;

  /** What is waited for before a new one is started. */
  interface Before {
    void start() throws IOException, InterruptedException;
  }

  private final String name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private final Before before;
  private final AtomicInteger holds = new AtomicInteger();
  private final Thread thread;
  private volatile Process process;
  private volatile boolean closed;

  Supervised(
      String name, List<String> command, Map<String, String> environment, Path log, Before before) {
    this.name = name;
    this.command = command;
    this.environment = environment;
    this.log = log;
    this.before = before;
    thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** The running process's id, 0 when there is none. */
  long pid() {
    Process now = process;
    return now != null && now.isAlive() ? now.pid() : 0;
  }

  /** Not started anew until {@link #release}. */
  void hold() {
    holds.incrementAndGet();
  }

  void release() {
    holds.decrementAndGet();
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!closed) {
      try {
        before.start();
        process = start(environment);
        process.waitFor();
        do {
          LockSupport.parkNanos(PAUSE_NANOS);
        } while (holds.get() > 0 && !closed);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (IOException e) {
        System.err.println("chaos: " + name + " cannot be started: " + e.getMessage());
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private Process start(Map<String, String> variables) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(variables);
    return builder.start();
  }

  /** Ends it for good, with SIGKILL. */
  void close() throws InterruptedException {
    closed = true;
    LockSupport.unpark(thread);
    Process last = process;
    if (last != null) {
      last.destroyForcibly().waitFor();
    }
    thread.interrupt();
    thread.join();
    if (process != null) {
      process.destroyForcibly().waitFor(); // one that was just being started
    }
  }
}
