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
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Who writes settings and requests into a world's etcd, and begins an epoch after a restore. */
final class TestingOperator {
  private long highestEpoch;
  private long restoredNanos = -1;
  private boolean suspended;
  private int slots;

  TestingOperator(int slots) {
    this.slots = slots;
  }

  TestingOperator copy() {
    TestingOperator copy = new TestingOperator(slots);
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

  /** What the claim says now. */
  int slots() {
    return slots;
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

  /** The claim's slots are others from now on. */
  void slots(int number, TestingWorld world) {
    if (restoredNanos < 0) {
      slots = number;
      change(List.of(settings(suspended, epoch(world), world)), world);
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
            slots,
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
    Set<Integer> known = new TreeSet<>(world.judge.view().ledgers().keySet());
    known.addAll(world.judge.view().holders().keySet());
    IntStream.range(0, slots).forEach(known::add);
    String lost = LockCodec.ledger(Identity.NOBODY, next);
    known.forEach(slot -> writes.add(new Step.Write.Put(LockKeys.ledger(slot), lost, 0)));
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
