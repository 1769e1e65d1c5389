package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Snapshot;
import java.util.List;

/** The one watch of a sidecar process: what etcd has to tell waits until somebody hears it. */
final class TestingWatch {
  private boolean open;
  private boolean silent;
  private long from;
  private long cluster;
  private long heardNanos;

  TestingWatch copy() {
    TestingWatch copy = new TestingWatch();
    copy.open = open;
    copy.silent = silent;
    copy.from = from;
    copy.cluster = cluster;
    copy.heardNanos = heardNanos;
    return copy;
  }

  void tell(TestingFingerprint print, int ttlSeconds) {
    print.add((open ? 1 : 0) + (silent ? 2 : 0));
    if (open) {
      print.add(from);
      print.add(cluster);
      print.past(heardNanos, 3L * ttlSeconds * 200_000_000L); // three renewals
    }
  }

  void open(Snapshot snapshot, long nowNanos) {
    from = snapshot.revision() + 1;
    cluster = snapshot.clusterId();
    open = true;
    silent = false;
    heardNanos = nowNanos;
  }

  /** It is asked for a sign. */
  void answers(long nowNanos) {
    if (open && !silent) {
      heardNanos = nowNanos;
    }
  }

  boolean canHear(TestingStore store) {
    return open && !silent && (store.revision() >= from || !isOf(store));
  }

  boolean isOf(TestingStore store) {
    return store.clusterId() == cluster;
  }

  List<Change> hear(TestingStore store, long nowNanos) {
    List<Change> changes = store.changesFrom(from);
    from = store.revision() + 1;
    heardNanos = nowNanos;
    return changes;
  }

  /** What a view knows is not told. */
  void skip(LockView view) {
    if (open && cluster == view.clusterId()) {
      from = Math.max(from, view.revision() + 1);
    }
  }

  void close() {
    open = false;
  }

  /** Nothing is heard any more, not even its end. */
  void silence() {
    silent = true;
  }

  boolean isOpen() {
    return open;
  }

  long heardNanos() {
    return heardNanos;
  }
}
