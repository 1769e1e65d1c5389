package dev.lockclaim.lock.etcd;

import io.etcd.jetcd.Client;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The members of an etcd. A call goes to one of them; a failure makes the next call go to the next
 * one, and the failed one be connected to anew. Safe for use by many threads.
 */
final class Members {
  private static final int IDLE_SECONDS = 10;

  private final List<Member> members;
  private final AtomicInteger current = new AtomicInteger();
  // Never shut down: a watch that is closed still has something to say, and would be refused with
  // a stack trace. Idle threads end by themselves.
  private final ExecutorService executor =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("etcd-", 0).factory());

  Members(EtcdFolder folder, boolean waitForConnection) throws IOException {
    List<URI> endpoints = folder.endpoints();
    members =
        endpoints.stream()
            .map(endpoint -> new Member(endpoint, folder, executor, waitForConnection))
            .toList();
  }

  int count() {
    return members.size();
  }

  /** The one that is asked now. */
  Member current() {
    return members.get(current.get() % members.size());
  }

  /** Makes the next call go to the next one. */
  void turn() {
    current.updateAndGet(index -> (index + 1) % members.size());
  }

  <T> T call(Etcd.Call<T> call, Duration deadline) throws EtcdFailure, InterruptedException {
    return call(current(), call, deadline);
  }

  <T> T call(Member member, Etcd.Call<T> call, Duration deadline)
      throws EtcdFailure, InterruptedException {
    Client client = null;
    try {
      client = member.client();
      return call.on(client).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException | IOException | RuntimeException e) {
      EtcdFailure failure = Failures.of(member.endpoint(), e);
      if (failure.kind() == EtcdFailure.Kind.UNKNOWN
          || failure.kind() == EtcdFailure.Kind.CREDENTIALS) {
        turn();
        if (client != null) {
          member.failed(client);
        }
      }
      throw failure;
    }
  }

  void close() {
    members.forEach(Member::close);
  }
}
