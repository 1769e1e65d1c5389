package dev.lockclaim.lock.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TlsFilesTest {
  @TempDir Path folder;

  @Test
  void areWorkedOutAnewOnlyWhenOneHasChanged() throws Exception {
    write("authority", "ca.crt", folder.resolve("unused"));
    write("client", "tls.crt", folder.resolve("tls.key"));
    TlsFiles files = new TlsFiles(new EtcdFolder(folder));
    SslContext first = files.context();
    Files.write(folder.resolve("ca.crt"), Files.readAllBytes(folder.resolve("ca.crt")));
    assertThat(files.context()).as("written again as it was").isSameAs(first);
    write("client", "tls.crt", folder.resolve("tls.key"));
    SslContext second = files.context();
    assertThat(second).as("another client's certificate").isNotSameAs(first);
    write("authority", "ca.crt", folder.resolve("unused"));
    SslContext third = files.context();
    assertThat(third).as("another authority").isNotSameAs(second);
    Files.delete(folder.resolve("ca.crt"));
    assertThat(files.context()).as("no authority").isNotSameAs(third);
  }

  @Test
  void sayWhichFilesAreWrongAndAreTakenAgainWhenTheyAreMended() throws Exception {
    write("authority", "ca.crt", folder.resolve("unused"));
    TlsFiles files = new TlsFiles(new EtcdFolder(folder));
    final SslContext before = files.context();
    final byte[] good = Files.readAllBytes(folder.resolve("ca.crt"));
    Files.writeString(folder.resolve("ca.crt"), "no certificate");
    assertThatThrownBy(files::context)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("check ca.crt, tls.crt and tls.key");
    Files.write(folder.resolve("ca.crt"), good);
    assertThat(files.context()).isSameAs(before);
  }

  private void write(String name, String certificate, Path key) throws Exception {
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + name,
                "-keyout",
                key.toString(),
                "-out",
                folder.resolve(certificate).toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(openssl.waitFor()).as(said).isZero();
  }
}
