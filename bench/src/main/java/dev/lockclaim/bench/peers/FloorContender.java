package dev.lockclaim.bench.peers;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/**
 * The floor as jetcd gives it: a raw delete, and the next one knows when its watch tells the
 * deletion. What lies between this and the floor of another language is not the lock's.
 */
final class FloorContender implements Contender {
  private final Client client;
  private final ByteSequence prefix;
  private final ByteSequence key;

  /** One client for the candidates of a process. */
  static final class Shared {
    private final Options options;
    private final Client client;

    Shared(Options options) {
      this.options = options;
      client = Client.builder().endpoints(options.etcd).build();
    }

    Contender open(int index) {
      return new FloorContender(client, "/floor-java/" + options.lockOf(index) + "/", index);
    }
  }

  private FloorContender(Client client, String prefix, int index) {
    this.client = client;
    this.prefix = bytes(prefix);
    key = bytes(prefix + ProcessHandle.current().pid() + "-" + index);
  }

  @Override
  public long join(Runnable lost) throws Exception {
    KV keys = client.getKVClient();
    long mine = keys.put(key, ByteSequence.EMPTY).get().getHeader().getRevision();
    var before =
        keys.get(
                prefix,
                GetOption.builder()
                    .isPrefix(true)
                    .withMaxCreateRevision(mine - 1)
                    .withSortField(GetOption.SortTarget.CREATE)
                    .withSortOrder(GetOption.SortOrder.DESCEND)
                    .withLimit(1)
                    .build())
            .get();
    if (before.getKvs().isEmpty()) {
      return System.nanoTime();
    }
    CompletableFuture<Long> gone = new CompletableFuture<>();
    WatchOption from =
        WatchOption.builder().withRevision(before.getHeader().getRevision() + 1).build();
    Watch.Listener listener =
        Watch.listener(
            answer -> {
              if (answer.getEvents().stream()
                  .anyMatch(event -> event.getEventType() == WatchEvent.EventType.DELETE)) {
                gone.complete(System.nanoTime());
              }
            },
            gone::completeExceptionally);
    Watch.Watcher watcher =
        client.getWatchClient().watch(before.getKvs().getFirst().getKey(), from, listener);
    try {
      return gone.get();
    } finally {
      watcher.close();
    }
  }

  @Override
  public void release() throws Exception {
    client.getKVClient().delete(key).get();
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }
}
