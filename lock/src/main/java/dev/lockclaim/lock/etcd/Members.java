package dev.lockclaim.lock.etcd;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members of an etcd, by the folder's word, which may change. A call goes to one of them; a
 * failure makes the next call go to the next one, and the failed one be connected to anew. Safe for
 * use by many threads.
 */
final class Members {
  private static final Logger log = LoggerFactory.getLogger(Members.class);

  private static final int CLOSE_MILLIS = 500;

  // One thread is enough for all of them: it moves bytes and, of a candidate, decides.
  private final EventLoopGroup loop;
  private final EtcdFolder folder;
  private final TlsFiles tls;
  private final AtomicReference<Ring> ring;
  private String told = "";
  private boolean closed;

  /** All members, and which of them is asked now. */
  private record Ring(List<Member> members, int current) {
    Member member() {
      return members.get(current);
    }

    Ring turned() {
      return new Ring(members, (current + 1) % members.size());
    }
  }

  Members(EtcdFolder folder) throws IOException {
    this.folder = folder;
    tls = new TlsFiles(folder);
    List<URI> endpoints = folder.endpoints();
    loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("etcd", true), NioIoHandler.newFactory());
    ring = new AtomicReference<>(new Ring(endpoints.stream().map(this::member).toList(), 0));
  }

  private Member member(URI endpoint) {
    return new Member(endpoint, folder, tls, loop, System::nanoTime);
  }

  /**
   * Goes on with the members that the folder names now. Where they are others than before the
   * connections to those that it names no more are closed: whatever is held there is heard of as of
   * any etcd that was replaced. Reads a file.
   */
  synchronized void look() {
    List<URI> endpoints;
    try {
      endpoints = folder.endpoints();
      told = "";
    } catch (IOException e) {
      if (!told.equals(e.getMessage())) {
        told = e.getMessage();
        log.warn("going on with the members of etcd that were known before: {}", told);
      }
      return;
    }
    List<Member> before = ring.get().members();
    if (closed || endpoints.equals(before.stream().map(Member::endpoint).toList())) {
      return;
    }
    Map<URI, Member> known = new HashMap<>();
    before.forEach(member -> known.put(member.endpoint(), member));
    List<Member> now =
        endpoints.stream()
            .map(
                endpoint ->
                    Optional.ofNullable(known.remove(endpoint)).orElseGet(() -> member(endpoint)))
            .toList();
    log.info("the members of etcd are {} from now on", endpoints);
    ring.updateAndGet(old -> new Ring(now, Math.max(0, now.indexOf(old.member()))));
    known.values().forEach(Member::close);
  }

  /** The one thread that there is. */
  ScheduledExecutorService thread() {
    return loop.next();
  }

  int count() {
    return ring.get().members().size();
  }

  /** The one that is asked now. */
  Member current() {
    return ring.get().member();
  }

  /** Makes the next call go to the next one. */
  void turn() {
    ring.updateAndGet(Ring::turned);
  }

  /** Two requests that failed on one member make one step, not two. */
  private void turnFrom(Member failed) {
    ring.updateAndGet(now -> now.member().equals(failed) ? now.turned() : now);
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

  synchronized void close() {
    closed = true;
    ring.get().members().forEach(Member::close);
    var _ = loop.shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
  }
}
