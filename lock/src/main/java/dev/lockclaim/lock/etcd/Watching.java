package dev.lockclaim.lock.etcd;

import dev.lockclaim.lock.view.Change;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchProgressRequest;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.function.Function;

/**
 * A watch that goes on until it ends or is closed. It is a hint: it never comes back by itself,
 * since whoever resumes one by rules of its own may skip what happened between. Safe for use by
 * many threads.
 */
public final class Watching
    implements ClientResponseObserver<WatchRequest, WatchResponse>, AutoCloseable {
  private static final Metadata.Key<String> REQUIRE_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * What is watched.
   *
   * @param clusterId of the etcd that was read, 0 for any
   */
  record Start(WatchRequest request, long clusterId, long revision) {}

  private final Start start;
  private final Function<WatchResponse, List<Change>> reader;
  private final Etcd.Listener listener;
  private ClientCallStreamObserver<WatchRequest> requests;
  private boolean over;

  Watching(Start start, Function<WatchResponse, List<Change>> reader, Etcd.Listener listener) {
    this.start = start;
    this.reader = reader;
    this.listener = listener;
  }

  /** Begins; the first thing that the listener hears may be that it did not. */
  synchronized void open(Channel channel) {
    if (over) {
      return; // closed while a password was looked at
    }
    // Else a member that is cut off from the others goes on in silence.
    Metadata headers = new Metadata();
    headers.put(REQUIRE_LEADER, "true");
    Channel led =
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    try {
      ClientCalls.asyncBidiStreamingCall(
          led.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT), this);
      send(start.request());
    } catch (RuntimeException e) {
      end("the watch could not be opened: " + e); // else it would be silent for ever
    }
  }

  /** Asks etcd to say that nothing has happened; the listener hears it. */
  public void ask() {
    send(
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build());
  }

  private synchronized void send(WatchRequest request) {
    if (requests != null && !over) {
      requests.onNext(request);
    }
  }

  @Override
  public synchronized void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
    requests = stream;
  }

  @Override
  public void onNext(WatchResponse response) {
    if (isOver()) {
      return;
    }
    if (response.getCanceled()) { // first: what is said of a compacted revision has revision 0
      end(
          "etcd ended the watch: "
              + (response.getCompactRevision() > 0
                  ? "revisions before " + response.getCompactRevision() + " are compacted"
                  : response.getCancelReason()));
    } else if (isOfAnother(response)) {
      end("another etcd answers than the one that was read, or it has gone back");
    } else {
      listener.changes(reader.apply(response));
    }
  }

  private boolean isOfAnother(WatchResponse response) {
    if (start.clusterId() == 0) {
      return false;
    }
    // A member that lags says that the watch is made at a revision before the one it begins at; the
    // first word of the watch itself may be of the revision before.
    return response.getHeader().getClusterId() != start.clusterId()
        || (!response.getCreated() && response.getHeader().getRevision() < start.revision() - 1);
  }

  @Override
  public void onError(Throwable failure) {
    end(String.valueOf(failure.getMessage()));
  }

  @Override
  public void onCompleted() {
    end("the watch was ended by etcd");
  }

  /** Says so, once. */
  void end(String why) {
    if (finish()) {
      listener.ended(why);
    }
  }

  /** The listener hears nothing any more. */
  @Override
  public void close() {
    finish();
  }

  private synchronized boolean isOver() {
    return over;
  }

  private boolean finish() {
    ClientCallStreamObserver<WatchRequest> stream;
    synchronized (this) {
      if (over) {
        return false;
      }
      over = true;
      stream = requests;
    }
    if (stream != null) {
      stream.cancel("the watch is over", null);
    }
    return true;
  }
}
