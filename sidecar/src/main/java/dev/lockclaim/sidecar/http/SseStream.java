package dev.lockclaim.sidecar.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Server-sent events on one channel; everything but the public methods runs on its event loop. */
final class SseStream implements EventStream {
  /** Below the minute after which proxies drop silent connections. */
  private static final long KEEP_ALIVE_SECONDS = 15;

  private final Channel channel;
  private final List<Runnable> endActions = new ArrayList<>();
  private ScheduledFuture<?> keepAlive;
  private byte[] pending; // null: none
  private boolean stuck;
  private boolean ended;

  SseStream(Channel channel) {
    this.channel = channel;
  }

  @Override
  public void send(String name, byte[] data) {
    byte[] head = ("event: " + name + "\ndata: ").getBytes(StandardCharsets.UTF_8);
    byte[] event = new byte[head.length + data.length + 2];
    System.arraycopy(head, 0, event, 0, head.length);
    System.arraycopy(data, 0, event, head.length, data.length);
    event[event.length - 2] = '\n';
    event[event.length - 1] = '\n';
    onLoop(
        () -> {
          pending = event;
          flush();
        });
  }

  @Override
  public void onEnd(Runnable action) {
    onLoop(
        () -> {
          if (ended) {
            action.run();
          } else {
            endActions.add(action);
          }
        });
  }

  void begin() {
    keepAlive =
        channel
            .eventLoop()
            .scheduleAtFixedRate(
                this::tick, KEEP_ALIVE_SECONDS, KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
  }

  void flush() {
    if (pending != null && !ended && channel.isWritable()) {
      stuck = false;
      write(pending);
      pending = null;
    }
  }

  void ended() {
    if (!ended) {
      ended = true;
      pending = null;
      if (keepAlive != null) {
        keepAlive.cancel(false);
      }
      endActions.forEach(Runnable::run);
      endActions.clear();
    }
  }

  private void tick() {
    if (channel.isWritable()) {
      stuck = false;
      write(":\n\n".getBytes(StandardCharsets.US_ASCII));
    } else if (stuck) {
      var _ = channel.close(); // Has read nothing for a whole interval.
    } else {
      stuck = true;
    }
  }

  private void write(byte[] bytes) {
    ByteBuf buffer = channel.alloc().buffer(bytes.length);
    var _ = channel.writeAndFlush(new DefaultHttpContent(buffer.writeBytes(bytes)));
  }

  private void onLoop(Runnable action) {
    if (channel.eventLoop().inEventLoop()) {
      action.run();
    } else {
      channel.eventLoop().execute(action);
    }
  }
}
