package dev.lockclaim.sidecar.run;

import dev.lockclaim.sidecar.TestingEtcd;
import dev.lockclaim.sidecar.TestingProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Runs of {@code lockclaim run}: processes, a real gate, a real etcd. */
abstract class TestingRuns {
  static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  final List<TestingProgram> programs = new ArrayList<>();
  TestingEtcd etcd;

  @BeforeEach
  void startEtcd() throws IOException {
    etcd = new TestingEtcd(folder, "etcd");
  }

  @AfterEach
  void stopAll() {
    programs.forEach(TestingProgram::close);
    etcd.close();
  }

  final TestingProgram run(String... rest) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--lock", "test", "--etcd", etcd.url()));
    arguments.addAll(List.of(rest));
    return start(arguments.toArray(String[]::new));
  }

  final TestingProgram start(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(List.of(arguments));
    TestingProgram program = TestingProgram.start(folder, Map.of(), all.toArray(String[]::new));
    programs.add(program);
    return program;
  }

  /** A sleep of a length that nobody else on the machine sleeps, so that it can be found. */
  final String longTime = Long.toString(10_000_000 + System.nanoTime() % 1_000_000_000);

  final boolean somebodySleeps() {
    return ProcessHandle.allProcesses()
        .anyMatch(
            process ->
                process
                    .info()
                    .arguments()
                    .map(a -> List.of(a).equals(List.of(longTime)))
                    .orElse(false));
  }
}
