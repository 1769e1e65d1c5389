package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A request that etcd may handle now, later, or never, whoever still waits for its answer. */
final class TestingRequest {
  /** What etcd has said of leases. */
  private record Freshness(Map<Long, Boolean> weak) {}

  final int process;
  final Action action; // null for a renewal
  final Renewals.Wish wish; // of a renewal
  final long sentNanos;
  boolean handled;
  boolean givenUp;
  private Object answer;
  private Renewed unconfirmed;

  /** A request other than a renewal. */
  TestingRequest(int process, Action action, long sentNanos) {
    this(process, action, null, sentNanos);
  }

  /** A renewal. */
  TestingRequest(int process, Renewals.Wish wish, long sentNanos) {
    this(process, null, wish, sentNanos);
  }

  private TestingRequest(int process, Action action, Renewals.Wish wish, long sentNanos) {
    this.process = process;
    this.action = action;
    this.wish = wish;
    this.sentNanos = sentNanos;
  }

  TestingRequest copy() {
    TestingRequest copy = new TestingRequest(process, action, wish, sentNanos);
    copy.handled = handled;
    copy.givenUp = givenUp;
    copy.answer = answer;
    copy.unconfirmed = unconfirmed;
    return copy;
  }

  void tell(TestingFingerprint print) {
    print.add(process);
    print.add((handled ? 1 : 0) + (givenUp ? 2 : 0) + (unconfirmed == null ? 0 : 4));
    print.value(action);
    print.value(answer instanceof Exception e ? e.getMessage() : answer);
    if (isRenewal()) {
      print.value(wish);
      print.past(sentNanos, wish.timing().ttlMillis() * 1_000_000);
    }
  }

  boolean isRenewal() {
    return action == null;
  }

  /** Whether it may write keys that the lock rests on. */
  boolean writes() {
    return action instanceof Action.Perform;
  }

  /** Etcd handles it, or the first of its two halves. */
  void handle(TestingStore store, CandidateConfig config, BootClock clock) {
    try {
      answer = isRenewal() ? renew(store) : answer(store, config, clock);
      handled = answer != null;
    } catch (EtcdFailure | Connecting.Refused e) {
      answer = e;
      handled = true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Where a renewal alone is no proof, the lock is read after it was answered. */
  private Object renew(TestingStore store) {
    if (unconfirmed != null) {
      return store.snapshot();
    }
    Renewed renewed = store.renew(wish.lease(), Duration.ZERO);
    if (!wish.confirm() || renewed.ttlSeconds() == 0) {
      return renewed;
    }
    unconfirmed = renewed;
    return null;
  }

  private Object answer(TestingStore store, CandidateConfig config, BootClock clock)
      throws EtcdFailure, InterruptedException, Connecting.Refused {
    return switch (action) {
      case Action.Connect(Marks known) -> new Connecting(store, config, clock).connect(known);
      case Action.Read _ -> store.snapshot();
      case Action.AskLease(long lease) -> store.remaining(lease) < 0;
      case Action.AskFreshness(var leases, long expectedSeconds) -> {
        Map<Long, Boolean> weak = new LinkedHashMap<>();
        leases.forEach(lease -> weak.put(lease, store.remaining(lease) < expectedSeconds));
        yield new Freshness(weak);
      }
      case Action.Perform perform -> store.step(perform.transaction(), Duration.ZERO);
      case Action.Run _, Action.Extend _, Action.Stop _ ->
          throw new IllegalStateException("not a request");
    };
  }

  /** The answer arrives. */
  void answer(TestingPod pod) {
    CandidateCore core = pod.core;
    switch (answer) {
      case Boolean leaseOver -> core.leaseWord(((Action.AskLease) action).lease(), leaseOver);
      case Freshness(Map<Long, Boolean> weak) ->
          weak.forEach(
              (lease, isWeak) -> {
                core.weak(lease, isWeak);
                if (isWeak) {
                  pod.toldWeak.add(lease);
                }
              });
      case Renewed none when none.ttlSeconds() == 0 -> core.leaseGone(wish.lease());
      case Renewed renewed -> {
        core.renewed(wish.lease(), sentNanos, renewed, Optional.empty());
        pod.watchAnswers();
      }
      case Snapshot read when isRenewal() -> {
        core.renewed(wish.lease(), sentNanos, unconfirmed, Optional.of(read));
        pod.watchAnswers();
      }
      case Connecting.Begun begun -> {
        core.connected(begun);
        pod.watchFrom(begun.snapshot());
      }
      case Snapshot snapshot -> {
        Action.Read read = (Action.Read) action;
        core.read(snapshot, read.sentRevision(), read.openWatch());
        if (read.openWatch()) {
          pod.watchFrom(snapshot);
        }
      }
      case dev.lockclaim.lock.etcd.Outcome outcome -> {
        Action.Perform perform = (Action.Perform) action;
        core.done(perform.step(), outcome, perform.sentRevision());
      }
      case Connecting.Refused refused ->
          core.refusedByEtcd(refused.getMessage(), refused.forGood(), pod.retryNanos());
      case EtcdFailure failure -> fail(failure.kind(), pod);
      default -> throw new IllegalStateException("no answer: " + answer);
    }
  }

  /** There will be no answer; what it does to etcd is another matter. */
  void fail(EtcdFailure.Kind kind, TestingPod pod) {
    switch (action) {
      case null -> {} // the renewals try again by themselves
      case Action.AskFreshness _ -> {} // nothing is known then
      case Action.Perform perform ->
          pod.core.stepFailed(perform.step(), kind, "", pod.retryNanos());
      default -> pod.core.failed("", pod.retryNanos());
    }
  }

  @Override
  public String toString() {
    String what =
        switch (action) {
          case null -> "renewal";
          case Action.Perform perform -> perform.step().getClass().getSimpleName();
          default -> action.getClass().getSimpleName();
        };
    return what + (handled ? ", handled" : "") + (givenUp ? ", given up" : "");
  }
}
