package dev.lockclaim.operator.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.lock.etcd.EtcdFolder;
import dev.lockclaim.operator.testing.TestingAuthority;
import dev.lockclaim.operator.testing.TestingEtcd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EtcdConnectionTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "etcd:2379 | \"etcd:2379\" is no etcd endpoint: one looks like https://host:2379",
        "http://etcd | \"http://etcd\" is no etcd endpoint",
        "ftp://etcd:2379 | is no etcd endpoint",
        "http://a:1,what ever | \"what\" is no etcd endpoint",
        "' ' | endpoints is missing or empty",
      })
  void endpointsThatAreNoneAreNamed(String endpoints, String message) throws IOException {
    write(Map.of("endpoints", endpoints));
    assertThatThrownBy(() -> EtcdConnection.open(new EtcdFolder(folder)))
        .isInstanceOfSatisfying(
            EtcdProblem.class, e -> assertThat(e.reason()).isEqualTo("EtcdMisconfigured"))
        .hasMessageContaining(message)
        .hasMessageEndingWith(".");
  }

  @Test
  void filesThatAreNoCertificatesAreNamed() throws IOException {
    write(Map.of("endpoints", "https://localhost:1", "ca.crt", "what"));
    assertThat(problem())
        .satisfies(e -> assertThat(e.reason()).isEqualTo("EtcdMisconfigured"))
        .hasMessageContaining("check ca.crt, tls.crt and tls.key");
    Files.delete(folder.resolve("ca.crt"));
    write(Map.of("client.crt", "one of two"));
    assertThatThrownBy(() -> EtcdConnection.open(new EtcdFolder(folder)))
        .hasMessageContaining("has only one of client.crt and client.key");
  }

  @Test
  void keysOfOlderToolsAreUsed() throws IOException, EtcdProblem {
    try (TestingAuthority authority = new TestingAuthority();
        TestingEtcd etcd = TestingEtcd.startWithMutualTls(authority, authority)) {
      TestingAuthority.Pair pair = authority.traditional(authority.client("operator"));
      assertThat(pair.key()).contains("BEGIN EC PRIVATE KEY");
      write(
          Map.of(
              "endpoints",
              etcd.url(),
              "ca.crt",
              authority.certificate(),
              "tls.crt",
              pair.certificate(),
              "tls.key",
              pair.key()));
      try (EtcdConnection connection = EtcdConnection.open(new EtcdFolder(folder))) {
        assertThat(connection.read().entries()).isEmpty();
      }
    }
  }

  @Test
  void podsGetTheirKeyInTheFormatThatTheyRead() throws IOException, EtcdProblem {
    try (TestingAuthority authority = new TestingAuthority()) {
      TestingAuthority.Pair modern = authority.client("pods");
      TestingAuthority.Pair pair = authority.traditional(modern);
      write(
          Map.of(
              "endpoints",
              "https://localhost:1",
              "client.crt",
              pair.certificate(),
              "client.key",
              pair.key()));
      assertThat(EtcdFiles.read(new EtcdFolder(folder)).text("client.key"))
          .hasValueSatisfying(key -> assertThat(key).contains("BEGIN PRIVATE KEY"));
      write(Map.of("client.key", modern.key()));
      assertThat(EtcdFiles.read(new EtcdFolder(folder)).text("client.key"))
          .contains(modern.key().strip());
      write(Map.of("client.key", pair.certificate()));
      assertThatThrownBy(() -> EtcdFiles.read(new EtcdFolder(folder)))
          .hasMessageContaining("client.key is no key for pods: no private key");
    }
  }

  /** A token is forgotten by etcd when it was not used for a while, and when etcd restarts. */
  @Test
  void t19TokensThatEtcdHasForgottenAreFetchedAnew()
      throws IOException, EtcdProblem, InterruptedException {
    try (TestingEtcd etcd = TestingEtcd.start("--auth-token-ttl=1")) {
      etcd.enableAuth("secret");
      write(Map.of("endpoints", etcd.url(), "username", "root", "password", "secret"));
      try (EtcdConnection connection = EtcdConnection.open(new EtcdFolder(folder))) {
        long revision = connection.read().revision();
        Thread.sleep(Duration.ofSeconds(3)); // the thing itself: the token's time passes
        assertThat(connection.read().revision()).isEqualTo(revision);
        etcd.stop();
        etcd.resume();
        await()
            .atMost(Duration.ofSeconds(30))
            .ignoreExceptions()
            .until(() -> connection.read().revision() == revision);
        etcd.addUser("secret", "somebody", "else"); // makes all tokens of before stale
        assertThat(connection.read().revision()).isEqualTo(revision);
      }
    }
  }

  /** What one member cannot do is asked of the others before it is a trouble. */
  @Test
  void aMemberThatIsAwayIsPassedOver() throws IOException, EtcdProblem {
    try (TestingEtcd etcd = TestingEtcd.start()) {
      write(Map.of("endpoints", "http://127.0.0.1:1," + etcd.url()));
      try (EtcdConnection connection = EtcdConnection.open(new EtcdFolder(folder))) {
        assertThat(connection.version()).startsWith("3.");
        assertThat(connection.read().entries()).isEmpty();
        assertThat(connection.ping().revision()).isEqualTo(connection.read().revision());
      }
    }
  }

  private EtcdProblem problem() {
    try (EtcdConnection connection = EtcdConnection.open(new EtcdFolder(folder))) {
      connection.read();
      throw new AssertionError("no problem");
    } catch (EtcdProblem e) {
      return e;
    }
  }

  private void write(Map<String, String> files) throws IOException {
    for (var file : files.entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue());
    }
  }
}
