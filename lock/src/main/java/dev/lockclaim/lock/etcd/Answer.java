package dev.lockclaim.lock.etcd;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/**
 * The one answer to one request; completed by the loop of the connections, so what hangs on it must
 * not block. Cancelling it ends the call, which may have been carried out all the same.
 */
final class Answer<Q, R> extends CompletableFuture<R> implements ClientResponseObserver<Q, R> {
  private volatile ClientCallStreamObserver<Q> call;

  private Answer() {}

  /** Sends a request that has one answer. */
  static <Q, R> Answer<Q, R> to(Channel channel, MethodDescriptor<Q, R> method, Q request) {
    Answer<Q, R> answer = new Answer<>();
    ClientCalls.asyncUnaryCall(channel.newCall(method, CallOptions.DEFAULT), request, answer);
    return answer;
  }

  /** Sends one request of a stream, and ends the stream with it; the first answer counts. */
  static <Q, R> Answer<Q, R> toOneOfStream(
      Channel channel, MethodDescriptor<Q, R> method, Q request) {
    Answer<Q, R> answer = new Answer<>();
    StreamObserver<Q> requests =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(method, CallOptions.DEFAULT), answer);
    requests.onNext(request);
    requests.onCompleted();
    return answer;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> started) {
    call = started;
  }

  @Override
  public void onNext(R value) {
    complete(value);
  }

  @Override
  public void onError(Throwable failure) {
    completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    if (!isDone()) {
      onError(Status.INTERNAL.withDescription("the call ended without an answer").asException());
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    if (cancelled && call != null) {
      call.cancel("nobody waits for the answer any more", null);
    }
    return cancelled;
  }
}
