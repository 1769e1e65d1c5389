package dev.lockclaim.sidecar.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Unix sockets that take the place of what a former process left. */
public final class UnixSocket {
  private UnixSocket() {}

  /**
   * Binds {@code path}, readable and writable for every user (containers of a pod have any UID).
   * The socket appears at its path in one step, ready, so that nobody finds it missing, half made
   * or without its rights.
   *
   * @throws IOException when the folder cannot be written, or the path is too long for a socket
   */
  public static Channel bind(ServerBootstrap bootstrap, Path path) throws IOException {
    Path fresh = path.resolveSibling("." + path.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    ChannelFuture bound = bootstrap.bind(UnixDomainSocketAddress.of(fresh)).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen on the Unix socket " + path + ": " + bound.cause().getMessage(),
          bound.cause());
    }
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-rw-rw-"));
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    return bound.channel();
  }
}
