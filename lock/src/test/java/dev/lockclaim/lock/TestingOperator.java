package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Who writes settings and requests into a world's etcd, and begins an epoch after a restore. */
final class TestingOperator {
  private long highestEpoch;
  private long restoredNanos = -1;
  private boolean suspended;

  TestingOperator copy() {
    TestingOperator copy = new TestingOperator();
    copy.highestEpoch = highestEpoch;
    copy.restoredNanos = restoredNanos;
    copy.suspended = suspended;
    return copy;
  }

  void tell(TestingFingerprint print) {
    print.add(highestEpoch);
    print.past(restoredNanos < 0 ? Long.MAX_VALUE : restoredNanos, Long.MAX_VALUE / 2);
  }

  boolean isSuspended() {
    return suspended;
  }

  /** Etcd is another one from now on. */
  void restored(TestingWorld world) {
    restoredNanos = world.now;
  }

  boolean mayBeginEpoch(TestingWorld world) {
    return restoredNanos >= 0 && world.now >= restoredNanos + longestNanos(world.scale);
  }

  private static long longestNanos(TestingScale scale) {
    return (scale.ttlSeconds() + scale.graceSeconds()) * 1_020_000_000L;
  }

  /** Nothing else is written into a restored etcd before the new epoch. */
  void suspend(boolean suspend, TestingWorld world) {
    if (restoredNanos < 0) {
      change(List.of(settings(suspend, epoch(world), world)), world);
    }
  }

  private static long epoch(TestingWorld world) {
    return world.judge.view().settings().map(Settings::epoch).orElse(0L);
  }

  private Step.Write settings(boolean suspend, long epoch, TestingWorld world) {
    suspended = suspend;
    boolean newest = world.scale.has(TestingScale.Trait.PREFER_NEWEST);
    Settings settings =
        new Settings(
            world.scale.slots(),
            world.scale.delaySeconds(),
            newest ? Settings.NEWEST_REVISION : Settings.FIRST_IN_LINE,
            newest ? "r1" : "",
            suspend,
            epoch,
            world.store.clusterId(),
            0);
    return new Step.Write.Put(LockKeys.SETTINGS, LockCodec.settings(settings), 0);
  }

  /** Asks for a hand-over. */
  void request(String to, TestingWorld world) {
    world.judge.named(to);
    String value = LockCodec.request(to, "r" + world.store.revision());
    change(List.of(new Step.Write.Put(LockKeys.REQUEST, value, 0)), world);
  }

  /** As the operator does: after the longest TTL and grace. */
  void beginEpoch(TestingWorld world) {
    restoredNanos = -1;
    List<Step.Write> writes = new ArrayList<>();
    writes.add(new Step.Write.DeleteBelow(LockKeys.QUEUE));
    writes.add(new Step.Write.DeleteBelow(LockKeys.HOLDER));
    // The operator keeps the highest one in the claim's status: a backup may know an older one.
    long next = Math.max(highestEpoch, epoch(world)) + 1;
    highestEpoch = next;
    for (int slot = 0; slot < world.scale.slots(); slot++) {
      writes.add(
          new Step.Write.Put(LockKeys.ledger(slot), LockCodec.ledger(Identity.NOBODY, next), 0));
    }
    boolean suspend = world.judge.view().settings().map(Settings::suspend).orElse(false);
    writes.add(settings(suspend, next, world));
    world.judge.epochBegun(world);
    change(writes, world);
  }

  /** Writes, whatever stands there. */
  static void change(List<Step.Write> writes, TestingWorld world) {
    try {
      world.store.step(new Step(List.of(), writes), Duration.ZERO);
    } catch (EtcdFailure e) {
      throw new IllegalStateException(e);
    }
    world.judge.look(world);
  }
}
