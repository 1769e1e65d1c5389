package dev.lockclaim.sidecar.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.sidecar.Lockclaim;
import dev.lockclaim.sidecar.TestingEtcd;
import dev.lockclaim.sidecar.TestingTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script of examples/four-workers as it stands, with the classes under test. */
@Timeout(180)
class FourWorkersTest {
  private static final Pattern BEGIN = Pattern.compile("worker (\\d) has the lock, token (\\d+)");

  /** What bin/lockclaim does, which needs the jars of a whole build. */
  private static final String LOCKCLAIM =
      """
      #!/bin/sh
      exec "$TESTING_JAVA" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx32m \\
        --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow %s "$@"
      """
          .formatted(Lockclaim.class.getName());

  @TempDir private Path folder;

  @Test
  void theyTakeTurnsAndTheirTokensRise() throws Exception {
    try (TestingEtcd etcd = new TestingEtcd(folder, "etcd")) {
      List<String> said = runExample(etcd.url());
      TreeSet<Integer> workers = new TreeSet<>();
      long lastToken = 0;
      assertThat(said).hasSize(8);
      for (int i = 0; i < said.size(); i += 2) {
        Matcher begin = BEGIN.matcher(said.get(i));
        assertThat(begin.matches()).as("line %d of %s", i, said).isTrue();
        assertThat(said.get(i + 1))
            .as("after line %d of %s", i, said)
            .isEqualTo("worker " + begin.group(1) + " is done");
        long token = Long.parseLong(begin.group(2));
        assertThat(token).as("token in line %d of %s", i, said).isGreaterThan(lastToken);
        lastToken = token;
        workers.add(Integer.valueOf(begin.group(1)));
      }
      assertThat(workers).containsExactly(1, 2, 3, 4);
    }
  }

  /** What the workers said, line by line. */
  private List<String> runExample(String etcd) throws IOException, InterruptedException {
    Path lockclaim = Files.writeString(folder.resolve("lockclaim"), LOCKCLAIM);
    Files.setPosixFilePermissions(lockclaim, PosixFilePermissions.fromString("rwx------"));
    Path output = folder.resolve("output");
    Path errors = folder.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder(
                TestingTools.root().resolve("examples/four-workers/four-workers").toString())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "ETCD", etcd,
                "LOCKCLAIM", lockclaim.toString(),
                "LOCKCLAIM_GATE", TestingTools.gate().toString(),
                "CLASSPATH", System.getProperty("java.class.path"),
                "TESTING_JAVA",
                    Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    Process script = builder.start();
    try {
      boolean ended = script.waitFor(150, TimeUnit.SECONDS);
      String seen = Files.readString(output) + Files.readString(errors);
      assertThat(ended).as("it has ended; it said: %s", seen).isTrue();
      assertThat(script.exitValue()).as(seen).isZero();
      return Files.readAllLines(output);
    } finally {
      // SIGTERM, so that each launcher also ends its worker.
      script.descendants().forEach(ProcessHandle::destroy);
      script.destroy();
    }
  }
}
