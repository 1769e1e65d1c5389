package dev.lockclaim.operator.testing;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.EtcdFolder;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.Step.Write;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes into etcd what sidecars would write about one lock, and reads what the operator wrote. */
public final class TestingLock implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int TTL_SECONDS = 600; // longer than any test: only a test ends a lease

  private final Path folder;
  private final Etcd etcd;
  private final Map<String, Long> leases = new HashMap<>(); // by UID of the pod

  public TestingLock(String url, String namespace, String name) {
    this(Map.of("endpoints", url), namespace, name);
  }

  /** With these files about etcd. */
  public TestingLock(Map<String, String> etcdFiles, String namespace, String name) {
    try {
      folder = Files.createTempDirectory("lockclaim-lock-");
      for (var file : etcdFiles.entrySet()) {
        Files.writeString(folder.resolve(file.getKey()), file.getValue());
      }
      EtcdFolder files = new EtcdFolder(folder);
      etcd = Etcd.open(files, LockKeys.prefix(files.prefix(), namespace, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A pod joins the queue. */
  public void join(String podName, String podUid) {
    long lease = lease(podUid);
    transact(
        new Write.Put(LockKeys.queue(lease), LockCodec.queue(identity(podName, podUid)), lease));
  }

  /** A pod in line is granted a slot; gives back the revision of its token. */
  public long grant(int slot, long epoch, String podName, String podUid, String via) {
    long lease = lease(podUid);
    Identity pod = identity(podName, podUid);
    String holder = LockCodec.holder(pod, lease, epoch, System.currentTimeMillis(), via);
    return transact(
        new Write.Put(LockKeys.holder(slot), holder, lease),
        new Write.Put(LockKeys.ledger(slot), LockCodec.ledger(pod, lease, epoch), 0),
        new Write.Delete(LockKeys.queue(lease)));
  }

  /** The holder gives a slot back. */
  public void release(int slot) {
    transact(new Write.Delete(LockKeys.holder(slot)), new Write.Delete(LockKeys.ledger(slot)));
  }

  /** The lease of the holder runs out. */
  public void lose(int slot) {
    transact(new Write.Delete(LockKeys.holder(slot)));
  }

  /** The value of a key, empty if it is absent. */
  public Optional<String> get(String key) {
    return view().entry(key).map(Entry::value);
  }

  /** All of the lock. */
  public LockView view() {
    return LockView.of(await(() -> etcd.read(DEADLINE)));
  }

  /** Writes any key. */
  public void put(String key, String value) {
    transact(new Write.Put(key, value, 0));
  }

  @Override
  public void close() {
    etcd.close();
    TestingEtcd.deleteTree(folder);
  }

  private long lease(String podUid) {
    return leases.computeIfAbsent(
        podUid, _ -> await(() -> etcd.grant(TTL_SECONDS, DEADLINE)).lease());
  }

  private long transact(Write... writes) {
    Step step = new Step(List.of(), List.of(writes));
    return await(() -> etcd.step(step, DEADLINE)).snapshot().revision();
  }

  private static Identity identity(String podName, String podUid) {
    return new Identity(podName, podUid, "n", "r", 1);
  }

  private interface Call<T> {
    T make() throws EtcdFailure, InterruptedException;
  }

  private static <T> T await(Call<T> call) {
    try {
      return call.make();
    } catch (EtcdFailure | InterruptedException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }
}
