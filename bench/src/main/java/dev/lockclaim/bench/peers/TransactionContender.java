package dev.lockclaim.bench.peers;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.Step.Compare;
import dev.lockclaim.lock.etcd.Step.Write;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.lock.view.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * No lock: what a hand-over of Lockclaim asks of etcd, over its own connection to etcd and with
 * next to nothing decided. The program in Go that is named transaction is the same. What lies
 * between the two is the runtime's, the gRPC library's and lock/etcd's, what lies between this and
 * the lock is the lock's own.
 */
final class TransactionContender implements Contender, Etcd.Listener {
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  private final Etcd etcd;
  private final Identity self;
  private final long lease;
  private final BlockingQueue<Long> heldNanos = new LinkedBlockingQueue<>();
  private final Map<String, Entry> keys = new HashMap<>(); // what the watch has told; under this

  /** One connection to etcd for the candidates of a process. */
  static final class Shared {
    private final Options options;
    private final Etcd etcd;

    Shared(Options options) throws IOException {
      this.options = options;
      etcd = options.connect("/floor-transaction-java/");
    }

    Contender open(int index) throws EtcdFailure, InterruptedException {
      String pod = "candidate-" + ProcessHandle.current().pid() + "-" + index;
      return new TransactionContender(
          etcd.below(options.lockOf(index) + "/"),
          new Identity(pod, pod, "bench", "", 0),
          options.ttlSeconds);
    }
  }

  private TransactionContender(Etcd etcd, Identity self, int ttlSeconds)
      throws EtcdFailure, InterruptedException {
    this.etcd = etcd;
    this.self = self;
    lease = etcd.grant(ttlSeconds, DEADLINE).lease();
    // Nobody looks at what the settings say: they are as long as a lock's.
    String settings = LockCodec.settings(Settings.defaults(1, lease));
    var _ =
        etcd.step(
            new Step(
                List.of(new Compare.Created(LockKeys.SETTINGS, 0)),
                List.of(new Write.Put(LockKeys.SETTINGS, settings, 0))),
            DEADLINE);
    Snapshot before = etcd.read(DEADLINE);
    before.entries().forEach(entry -> keys.put(entry.key(), entry));
    etcd.watch(before, this);
    Thread.ofVirtual().start(() -> renew(TimeUnit.SECONDS.toMillis(ttlSeconds) / 3));
  }

  private void renew(long millis) {
    try {
      while (true) {
        Thread.sleep(millis);
        if (etcd.renew(lease, DEADLINE).ttlSeconds() == 0) {
          fail("the lease has ended");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (EtcdFailure e) {
      fail("the lease was not renewed: " + e.getMessage());
    }
  }

  @Override
  public void changes(List<Change> changes) {
    boolean held = false;
    synchronized (this) {
      for (Change change : changes) {
        if (change instanceof Change.Put(Entry entry)) {
          keys.put(entry.key(), entry);
          held |= entry.key().equals(LockKeys.holder(0)) && entry.lease() == lease;
        } else {
          keys.remove(change.key());
        }
      }
      notifyAll();
    }
    if (held) {
      heldNanos.add(System.nanoTime());
    }
  }

  @Override
  public void ended(String why) {
    fail("the watch ended: " + why);
  }

  /** A program that hears nothing any more is not to be waited for. */
  private static void fail(String why) {
    System.err.println("floor-transaction-java: " + why);
    Runtime.getRuntime().halt(1);
  }

  /** Stands in line, unless the release has done it, and takes what nobody holds. */
  @Override
  public long join(Runnable lost) throws EtcdFailure, InterruptedException {
    var _ =
        etcd.step(
            new Step(List.of(new Compare.Created(LockKeys.queue(lease), 0)), List.of(place())),
            DEADLINE);
    var _ =
        etcd.step(
            new Step(List.of(new Compare.Created(LockKeys.holder(0), 0)), grant(lease)), DEADLINE);
    return heldNanos.take();
  }

  /** Hands over to the first in line, of whom there is always one in the bench. */
  @Override
  public void release() throws EtcdFailure, InterruptedException {
    Step step;
    synchronized (this) {
      Entry next = next();
      while (next == null) {
        wait();
        next = next();
      }
      List<Write> writes = new ArrayList<>(grant(next.lease()));
      writes.add(place());
      step =
          new Step(
              List.of(
                  new Compare.Modified(
                      LockKeys.holder(0), keys.get(LockKeys.holder(0)).modRevision()),
                  new Compare.Created(next.key(), next.createRevision()),
                  new Compare.Modified(
                      LockKeys.SETTINGS, keys.get(LockKeys.SETTINGS).modRevision())),
              writes);
    }
    Outcome outcome = etcd.send(step).await(DEADLINE);
    if (!outcome.done()) {
      throw new IllegalStateException("somebody else has written");
    }
  }

  private Entry next() {
    Entry next = null;
    for (Entry entry : keys.values()) {
      if (entry.key().startsWith(LockKeys.QUEUE)
          && entry.lease() != lease
          && (next == null || entry.createRevision() < next.createRevision())) {
        next = entry;
      }
    }
    return next;
  }

  private Write place() {
    return new Write.Put(LockKeys.queue(lease), LockCodec.queue(self), lease);
  }

  private List<Write> grant(long to) {
    String via = Holder.VIA_HANDOVER;
    return List.of(
        new Write.Put(
            LockKeys.holder(0), LockCodec.holder(self, to, 0, System.currentTimeMillis(), via), to),
        new Write.Put(LockKeys.ledger(0), LockCodec.ledger(self, to, 0), 0),
        new Write.Delete(LockKeys.queue(to)));
  }
}
