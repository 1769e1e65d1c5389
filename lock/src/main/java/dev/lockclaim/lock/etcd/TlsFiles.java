package dev.lockclaim.lock.etcd;

import com.google.protobuf.ByteString;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * TLS as the files of etcd's folder say. They are read for each connection, and worked out only
 * when one has changed: an outage is full of connecting, and that was most of what it cost
 * (docs/decisions/etcd-client.md). Safe for use by many threads.
 */
final class TlsFiles {
  private final EtcdFolder folder;
  private List<Optional<ByteString>> seen = List.of();
  private SslContext context;

  TlsFiles(EtcdFolder folder) {
    this.folder = folder;
  }

  /**
   * What the files say now.
   *
   * @throws IOException when one is not what it should be
   */
  synchronized SslContext context() throws IOException {
    Optional<ByteString> ca = read(folder.file("ca.crt"));
    Optional<Path> certificateFile = folder.clientCertificate();
    Optional<ByteString> certificate = read(certificateFile);
    Optional<ByteString> key = read(certificateFile.map(file -> file.resolveSibling("tls.key")));
    List<Optional<ByteString>> now = List.of(ca, certificate, key);
    if (context == null || !now.equals(seen)) {
      context = build(ca, certificate, key);
      seen = now;
    }
    return context;
  }

  private SslContext build(
      Optional<ByteString> ca, Optional<ByteString> certificate, Optional<ByteString> key)
      throws IOException {
    try {
      SslContextBuilder ssl = GrpcSslContexts.forClient();
      ca.ifPresent(text -> ssl.trustManager(text.newInput()));
      if (certificate.isPresent() && key.isPresent()) {
        ssl.keyManager(certificate.get().newInput(), key.get().newInput());
      }
      return ssl.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new IOException(
          "the TLS files in "
              + folder.folder()
              + " are not what they should be ("
              + e.getMessage()
              + "); check ca.crt, tls.crt and tls.key",
          e);
    }
  }

  private static Optional<ByteString> read(Optional<Path> file) throws IOException {
    return file.isEmpty()
        ? Optional.empty()
        : Optional.of(ByteString.copyFrom(Files.readAllBytes(file.get())));
  }
}
