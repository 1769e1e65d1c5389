package dev.lockclaim.sidecar.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockclaim.sidecar.WrongSettings;
import dev.lockclaim.sidecar.options.EtcdFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunOptionsTest {
  @Test
  void readsACommandLine() throws Exception {
    RunOptions options =
        parse("--lock nightly --etcd http://a:2379,https://b:2379 --ttl 5 -- backup --all -- x");
    assertThat(options.etcd()).containsExactly("http://a:2379", "https://b:2379");
    assertThat(options.command).containsExactly("backup", "--all", "--", "x");
    assertThat(options.namespace).isEqualTo("default");
    assertThat(options.graceSeconds()).isEqualTo(1);
    assertThat(options.onLoss()).isEqualTo(RunOptions.OnLoss.WAIT);
    assertThat(parse("--lock=a --etcd=http://a:1 sleep --help").command)
        .containsExactly("sleep", "--help");
    assertThat(parse("--help").help).isTrue();
    assertThat(RunCommand.help()).contains("--stop-grace").contains("EXIT STATUS");
  }

  @Test
  void theGateGivesACommandThatIsToEndItsGraceAndNoMore() throws Exception {
    RunOptions options = parse("--lock a --etcd http://x:1 --ttl 5 --stop-grace 1 -- true");
    assertThat(Gate.command(Path.of("/gate"), Path.of("/socket"), options.graceSeconds(), options))
        .contains("--stop-grace-seconds=1")
        .noneMatch(word -> word.startsWith("--termination-grace"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-- true | --lock is missing",
        "--lock a -- true | --etcd is missing",
        "--lock a --etcd ftp://x -- true | --etcd has \"ftp://x\"",
        "--lock a --etcd 127.0.0.1:2379 -- true | --etcd has \"127.0.0.1:2379\"",
        "--lock a --etcd http://x:1 | the command is missing",
        "--lock a --etcd http://x:1 -- | the command is missing",
        "--lock a/b --etcd http://x:1 -- true | --lock is \"a/b\"",
        "--lock a --namespace -b --etcd http://x:1 -- true | --namespace is",
        "--lock a --etcd http://x:1 --ttl 1 -- true | --ttl is 1",
        "--lock a --etcd http://x:1 --ttl ten -- true | --ttl",
        "--lock a --etcd http://x:1 --stop-grace 10 -- true | --stop-grace is 10",
        "--lock a --etcd http://x:1 --slots 0 -- true | --slots is 0",
        "--lock a --etcd http://x:1 --on-loss run -- true | --on-loss is \"run\"",
        "--lock a --etcd http://x:1 --user me -- true | --user needs a password",
        "--lock a --etcd http://x:1 --cert /x -- true | --cert and --key",
        "--lock a --etcd http://x:1 --cacert /no/such -- true | --cacert is \"/no/such\"",
        "--lock a --etcd http://x:1 --prefix a -- true | --prefix is \"a\"",
        "--lock a --etcd http://x:1 --prefix /a/ -- true | --prefix is \"/a/\"",
        "--lock a --etcd http://x -- true | --etcd has \"http://x\"",
        "--lock a --etcd http://me:secret@x:1 -- true | --etcd has a URL with a user in it",
        "--lock a --etcd http://x:1 --user me:secret -- true | --user takes a name only",
        "--lock a --etcd http://x:1 --password secret -- true | --password-file",
        "--lock a --etcd http://x:1 --password-file /etc/hostname -- true | needs --user",
        "--lock a --etcd http://x:1 --wait -1 -- true | --wait is -1",
        "--lock a --etcd http://x:1 --wait soon -- true | --wait",
        "--lock a --etcd http://x:1 --tls -- true | --tls",
        "--lock a --lock b --etcd http://x:1 -- true | --lock",
      })
  void saysWhatIsWrongInOneLine(String line, String start) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(WrongSettings.class)
        .hasMessageContaining(start)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void laysTheOptionsOutAsAFolder(@TempDir Path folder) throws Exception {
    Path password = folder.resolve("my-password");
    Files.writeString(password, "secret");
    RunOptions options =
        parse(
            "--lock a --etcd http://x:1,http://y:1 --user me --password-file "
                + password
                + " -- true");
    Path etcd = folder.resolve("etcd");
    EtcdFiles.write(options, etcd);
    assertThat(etcd.resolve("endpoints")).hasContent("http://x:1,http://y:1");
    assertThat(etcd.resolve("prefix")).hasContent("/lockclaim");
    assertThat(etcd.resolve("username")).hasContent("me");
    assertThat(etcd.resolve("password")).isSymbolicLink().hasContent("secret");
    assertThat(etcd.resolve("ca.crt")).doesNotExist();
  }

  @Test
  void whatWasSeenOfEtcdIsKeptForEachLockApart() throws Exception {
    assertThat(lockStateDir("--lock nightly"))
        .isEqualTo(Path.of("/state/%2Flockclaim/default/nightly"));
    assertThat(lockStateDir("--lock nightly --namespace a"))
        .isEqualTo(Path.of("/state/%2Flockclaim/a/nightly"));
    assertThat(lockStateDir("--lock nightly --prefix /"))
        .isEqualTo(Path.of("/state/%2F/default/nightly"));
    assertThat(lockStateDir("--lock nightly --prefix /.."))
        .isEqualTo(Path.of("/state/%2F../default/nightly"));
  }

  private static Path lockStateDir(String options) throws WrongSettings {
    return parse("--state-dir /state --etcd http://a:1 " + options + " -- true").lockStateDir();
  }

  private static RunOptions parse(String line) throws WrongSettings {
    return RunOptions.of(List.of(line.split(" ")), Map.of());
  }
}
