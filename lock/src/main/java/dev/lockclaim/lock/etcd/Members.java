package dev.lockclaim.lock.etcd;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The members of an etcd. A call goes to one of them; a failure makes the next call go to the next
 * one, and the failed one be connected to anew. Safe for use by many threads.
 */
final class Members {
  private static final int CLOSE_MILLIS = 500;

  // One thread is enough for all of them: it moves bytes and, of a candidate, decides.
  private final EventLoopGroup loop;
  private final List<Member> members;
  private final AtomicInteger current = new AtomicInteger();

  Members(EtcdFolder folder) throws IOException {
    List<URI> endpoints = folder.endpoints();
    loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("etcd", true), NioIoHandler.newFactory());
    members = endpoints.stream().map(endpoint -> new Member(endpoint, folder, loop)).toList();
  }

  /** The one thread that there is. */
  ScheduledExecutorService thread() {
    return loop.next();
  }

  int count() {
    return members.size();
  }

  /** The one that is asked now. */
  Member current() {
    return members.get(current.get());
  }

  /** Makes the next call go to the next one. */
  void turn() {
    current.updateAndGet(index -> (index + 1) % members.size());
  }

  /** Two requests that failed on one member make one step, not two. */
  private void turnFrom(Member failed) {
    int index = members.indexOf(failed);
    current.compareAndSet(index, (index + 1) % members.size());
  }

  <T> T call(Member.Call<T> call, Duration deadline) throws EtcdFailure, InterruptedException {
    return await(current(), call, Optional.empty(), deadline);
  }

  /** Sends at once, if there is a connection. */
  <T> Pending<T> send(Member.Call<T> call) {
    Member member = current();
    Optional<Member.Sent<T>> sent = member.send(call);
    return new Pending<>() {
      @Override
      public T await(Duration deadline) throws EtcdFailure, InterruptedException {
        return Members.this.await(member, call, sent, deadline);
      }

      @Override
      public void whenSettled(Runnable then) {
        if (sent.isEmpty()) {
          then.run();
        } else {
          var _ = sent.get().answer().whenComplete((_, _) -> then.run());
        }
      }

      @Override
      public Optional<T> answered() {
        return sent.map(Member.Sent::answer)
            .filter(answer -> answer.state() == Future.State.SUCCESS)
            .map(Future::resultNow);
      }
    };
  }

  private <T> T await(
      Member member, Member.Call<T> call, Optional<Member.Sent<T>> sent, Duration deadline)
      throws EtcdFailure, InterruptedException {
    try {
      return member.call(call, sent, deadline);
    } catch (EtcdFailure e) {
      if (e.kind() == EtcdFailure.Kind.UNKNOWN || e.kind() == EtcdFailure.Kind.CREDENTIALS) {
        turnFrom(member);
      }
      throw e;
    }
  }

  void close() {
    members.forEach(Member::close);
    var _ = loop.shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
  }
}
