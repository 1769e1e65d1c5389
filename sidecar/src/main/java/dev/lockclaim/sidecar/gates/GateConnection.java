package dev.lockclaim.sidecar.gates;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to gate.sock, on the gates' event loop. Bounds what comes in; what goes out to a
 * peer that does not read ends the connection rather than piling up. But not renewals: a gate that
 * was stopped keeps its main, and so the connection by which the lease is known to be in use.
 */
final class GateConnection extends SimpleChannelInboundHandler<String> {
  private static final Logger log = LoggerFactory.getLogger(GateConnection.class);

  /** A gate says hello as its first act. */
  private static final long HELLO_SECONDS = 5;

  /** More unusable lines than a newer gate could send in good faith. */
  private static final int MAX_COMPLAINTS = 16;

  /** A gate sends a line or two a second; a burst at reconnecting is a handful. */
  private static final int MAX_LINES_PER_SECOND = 500;

  /**
   * So many at most are unread: a gate that goes on reads all of them at once (4096 bytes, and one
   * has 88 at most), so that the newest counts before it looks at the time.
   */
  static final int MAX_UNANSWERED_TIMES = 40;

  private static final long NOTHING_ASKED = Long.MIN_VALUE;

  private final GateServer server;
  private final long link;
  private ChannelHandlerContext context;
  private ScheduledFuture<?> helloTimeout;
  private boolean greeted;
  private boolean dropped;
  private int complaints;
  private int linesInSecond;
  private long secondBeganNanos;
  private long askedNanos = NOTHING_ASKED;
  private int unansweredTimes;
  private SidecarLine.Later heldBack; // null: none

  GateConnection(GateServer server, long link) {
    this.server = server;
    this.link = link;
  }

  long link() {
    return link;
  }

  void send(SidecarLine line) {
    if (context == null || !context.channel().isActive()) {
      return;
    }
    if (line instanceof SidecarLine.Later later) {
      if (unansweredTimes >= MAX_UNANSWERED_TIMES) {
        heldBack = later;
        return;
      }
      unansweredTimes++;
    }
    if (!context.channel().isWritable()) {
      log.warn("gate connection {} does not read what it is sent: closing it", link);
      close();
      return;
    }
    boolean asksForBeat = line instanceof SidecarLine.Ping || line instanceof SidecarLine.Later;
    if (asksForBeat && askedNanos == NOTHING_ASKED) {
      askedNanos = server.now();
    }
    var _ = write(line);
  }

  /** Closes it, and says why to a peer that reads. */
  void drop(String why) {
    if (context == null || dropped) {
      return;
    }
    dropped = true;
    if (context.channel().isWritable()) {
      var _ = write(new SidecarLine.Complaint(why)).addListener(ChannelFutureListener.CLOSE);
    } else {
      close();
    }
  }

  private ChannelFuture write(SidecarLine line) {
    byte[] bytes = (line.text() + "\n").getBytes(StandardCharsets.US_ASCII);
    return context.writeAndFlush(context.alloc().buffer(bytes.length).writeBytes(bytes));
  }

  void close() {
    if (context != null) {
      var _ = context.close();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext active) {
    context = active;
    helloTimeout =
        active
            .executor()
            .schedule(
                () -> {
                  if (!greeted) {
                    drop("HELLO did not come in time");
                  }
                },
                HELLO_SECONDS,
                TimeUnit.SECONDS);
  }

  @Override
  public void channelInactive(ChannelHandlerContext inactive) {
    helloTimeout.cancel(false);
    server.lost(this);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext reading, String text) {
    if (dropped || !reading.channel().isActive() || tooMany()) {
      return;
    }
    try {
      GateLine line = GateLine.parse(text);
      if (line instanceof GateLine.Hello) {
        greeted = true;
      } else if (!greeted) {
        complain("HELLO comes first");
        return;
      }
      if (line instanceof GateLine.Complaint(String what)) {
        log.warn("gate connection {} complains: {}", link, printable(what));
        complaints++;
        return;
      }
      server.said(this, line);
      if (line instanceof GateLine.Beat(long ignored, long bootNanos)) {
        if (askedNanos != NOTHING_ASKED) {
          server.clockCompared(this, ClockCheck.difference(askedNanos, bootNanos, server.now()));
          askedNanos = NOTHING_ASKED;
        }
        sendHeldBack(); // after that: this beat does not answer it
      }
    } catch (GateLine.MalformedLine e) {
      complain(e.getMessage());
    }
  }

  /** A beat answers renewals, or a ping: then one more than is counted may be unread. */
  private void sendHeldBack() {
    unansweredTimes = Math.max(0, unansweredTimes - 1);
    if (heldBack != null) {
      SidecarLine.Later newest = heldBack;
      heldBack = null;
      send(newest);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext failing, Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      complain("a line is at most " + GateLine.MAX_LENGTH + " characters");
    } else {
      log.debug("gate connection {} broke", link, cause);
      close();
    }
  }

  private boolean tooMany() {
    long now = System.nanoTime();
    if (now - secondBeganNanos > TimeUnit.SECONDS.toNanos(1)) {
      secondBeganNanos = now;
      linesInSecond = 0;
    }
    if (++linesInSecond > MAX_LINES_PER_SECOND) {
      log.warn("gate connection {} sends too many lines: closing it", link);
      drop("at most " + MAX_LINES_PER_SECOND + " lines a second are read");
      return true;
    }
    return false;
  }

  private void complain(String what) {
    if (++complaints > MAX_COMPLAINTS) {
      drop("too many lines that cannot be used; the last one: " + what);
    } else {
      send(new SidecarLine.Complaint(what));
    }
  }

  private static String printable(String text) {
    return text.replaceAll("[^ -~]", "?");
  }
}
