package dev.lockclaim.lock.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.AuthenticateResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A channel to one member and, where etcd has users, the token that it gave to ours. Safe for use
 * by many threads; nothing blocks.
 */
final class Connection {
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * A name is looked up, TCP and TLS are agreed on, and a password is hashed by etcd (bcrypt: a
   * tenth of a second of its CPU): slower than the deadline of one renewal where the machine is
   * busy. What is not done in this time will not be.
   */
  private static final Duration BEGINNING = Duration.ofSeconds(3);

  private final ManagedChannel channel;
  private final Optional<AuthenticateRequest> user;
  private final long openedNanos = System.nanoTime();
  private CompletableFuture<Channel> authenticated;

  Connection(ManagedChannel channel, Optional<String> user, String password) {
    this.channel = channel;
    this.user =
        user.map(
            name ->
                AuthenticateRequest.newBuilder()
                    .setNameBytes(ByteString.copyFromUtf8(name))
                    .setPasswordBytes(ByteString.copyFromUtf8(password))
                    .build());
  }

  /** What to send requests by; made once, and told to all who wait for it. */
  synchronized CompletableFuture<Channel> authenticated() {
    if (authenticated == null || authenticated.isCompletedExceptionally()) {
      authenticated =
          user.<CompletableFuture<Channel>>map(
                  request ->
                      Answer.to(channel, AuthGrpc.getAuthenticateMethod(), request)
                          .thenApply(this::withToken))
              .orElseGet(() -> CompletableFuture.completedFuture(channel));
    }
    return authenticated;
  }

  /** Like {@link #authenticated}, or null when that is not so yet. */
  synchronized Channel authenticatedNow() {
    return authenticated == null || authenticated.isCompletedExceptionally()
        ? null
        : authenticated.getNow(null);
  }

  /** The token is not taken any more: the next one who asks gets a new one. */
  synchronized void forgetToken(Channel refused) {
    if (authenticated != null && refused.equals(authenticated.getNow(null))) {
      authenticated = null;
    }
  }

  private Channel withToken(AuthenticateResponse answer) {
    Metadata headers = new Metadata();
    headers.put(TOKEN, answer.getToken());
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /**
   * Whether a request that got no answer in time was not answered by a member, rather than that the
   * connection is still being made: then a new one would begin all over.
   */
  synchronized boolean isSilent() {
    boolean made =
        channel.getState(false) == ConnectivityState.READY
            && authenticated != null
            && authenticated.isDone();
    return made || System.nanoTime() - openedNanos > BEGINNING.toNanos();
  }

  /** Ends the channel; what is under way on it fails. */
  void close() {
    channel.shutdownNow();
  }
}
