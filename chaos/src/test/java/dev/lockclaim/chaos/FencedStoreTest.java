package dev.lockclaim.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FencedStoreTest {
  @TempDir private Path folder;

  @Test
  void refusesALowerTokenThanTheHighestSeen() throws IOException {
    Path path = folder.resolve("store.sock");
    try (FencedStore store = FencedStore.open(path);
        SocketChannel old = SocketChannel.open(UnixDomainSocketAddress.of(path));
        SocketChannel next = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      assertThat(offer(old, 5)).isEqualTo('y');
      assertThat(offer(old, 5)).isEqualTo('y');
      assertThat(offer(next, 7)).isEqualTo('y');
      assertThat(offer(old, 5)).isEqualTo('n');
      assertThat(store.accepted()).isEqualTo(3);
      assertThat(store.refused()).isEqualTo(1);
    }
  }

  private static char offer(SocketChannel store, long token) throws IOException {
    store.write(ByteBuffer.wrap((token + "\n").getBytes(StandardCharsets.US_ASCII)));
    ByteBuffer answer = ByteBuffer.allocate(1);
    store.read(answer);
    return (char) answer.get(0);
  }
}
