package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.etcd.Watching;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Snapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The etcd of the simulation does as a real one does, with the same operations from a seed. */
final class StoreModelTest {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final int OPERATIONS = 400;
  private static final long SEED = Long.getLong("lockclaim.model.seed", 1);
  private static final List<String> KEYS =
      List.of("queue/1", "queue/2", "holder/0", "holder/1", "ledger/0", "settings");

  private final TestingStore model = new TestingStore(0);
  private final Map<Long, Long> leases = new LinkedHashMap<>(); // the model's to etcd's
  private final Random random = new Random(SEED);

  @Test
  void bothAnswerAlike(@TempDir Path folder) throws Exception {
    try (TestingEtcd real = new TestingEtcd(folder);
        Etcd etcd = real.open("/model/")) {
      List<Change> heard = new CopyOnWriteArrayList<>();
      try (Watching _ = etcd.watch(2, new Listener(heard))) {
        for (int i = 0; i < OPERATIONS; i++) {
          operate(etcd);
          Snapshot snapshot = etcd.read(DEADLINE);
          assertThat(snapshot.revision())
              .as("seed %d, step %d", SEED, i)
              .isEqualTo(model.revision());
          assertThat(sorted(snapshot.entries()))
              .isEqualTo(sorted(real(model.snapshot().entries())));
        }
        List<String> told = tell(model.changesFrom(2).stream().map(this::real).toList());
        Awaitility.await().atMost(DEADLINE).until(() -> heard.size() >= told.size());
        assertThat(tell(heard)).isEqualTo(told);
      }
    }
  }

  private void operate(Etcd etcd) throws EtcdFailure, InterruptedException {
    switch (random.nextInt(8)) {
      case 0 -> {
        long lease = model.grant(600, DEADLINE).lease();
        leases.put(lease, etcd.grant(600, DEADLINE).lease());
      }
      case 1 -> {
        Optional<Long> lease = anyLease();
        if (lease.isPresent() && model.leases().containsKey(lease.get())) {
          model.revoke(lease.get());
          etcd.revoke(leases.get(lease.get()), DEADLINE);
        }
      }
      case 2 -> {
        Optional<Long> lease = anyLease();
        if (lease.isPresent()) {
          assertThat(etcd.renew(leases.get(lease.get()), DEADLINE).ttlSeconds())
              .isEqualTo(model.renew(lease.get(), DEADLINE).ttlSeconds());
        }
      }
      default -> {
        Step step = step();
        assertThat(attempt(() -> etcd.step(real(step), DEADLINE)))
            .as("seed %d: %s", SEED, step)
            .isEqualTo(attempt(() -> model.step(step, DEADLINE)));
      }
    }
  }

  private interface Attempt {
    Outcome make() throws EtcdFailure, InterruptedException;
  }

  private static String attempt(Attempt attempt) throws InterruptedException {
    try {
      return attempt.make().done() ? "done" : "not done";
    } catch (EtcdFailure e) {
      return e.kind().name();
    }
  }

  private Step step() {
    List<Step.Compare> compares = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      String key = KEYS.get(random.nextInt(KEYS.size()));
      Entry known = model.keys().get(key);
      boolean right = known != null && random.nextInt(4) > 0;
      compares.add(
          random.nextBoolean()
              ? new Step.Compare.Created(key, right ? known.createRevision() : 0)
              : new Step.Compare.Modified(key, right ? known.modRevision() : 0));
    }
    Map<String, Step.Write> writes = new LinkedHashMap<>(); // etcd takes each key once
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      String key = KEYS.get(random.nextInt(KEYS.size()));
      writes.put(
          key,
          random.nextInt(3) == 0
              ? new Step.Write.Delete(key)
              : new Step.Write.Put(key, "v" + random.nextInt(), lease()));
    }
    return new Step(compares, List.copyOf(writes.values()));
  }

  /** None, one that is there, or one that has ended. */
  private long lease() {
    return random.nextInt(3) == 0 ? 0 : anyLease().orElse(0L);
  }

  private Optional<Long> anyLease() {
    List<Long> known = List.copyOf(leases.keySet());
    return known.isEmpty()
        ? Optional.empty()
        : Optional.of(known.get(random.nextInt(known.size())));
  }

  private Step real(Step step) {
    return new Step(
        step.compares(),
        step.writes().stream()
            .map(
                write ->
                    write instanceof Step.Write.Put(String key, String value, long lease)
                        ? new Step.Write.Put(key, value, real(lease))
                        : write)
            .toList());
  }

  private long real(long lease) {
    return leases.getOrDefault(lease, 0L);
  }

  private List<Entry> real(List<Entry> entries) {
    return entries.stream().map(this::real).toList();
  }

  private Entry real(Entry entry) {
    return new Entry(
        entry.key(),
        entry.value(),
        entry.createRevision(),
        entry.modRevision(),
        real(entry.lease()));
  }

  private Change real(Change change) {
    return switch (change) {
      case Change.Put(Entry entry) -> new Change.Put(real(entry));
      case Change.Delete delete -> delete;
    };
  }

  private static List<Entry> sorted(List<Entry> entries) {
    return entries.stream().sorted(Comparator.comparing(Entry::key)).toList();
  }

  /** Within one revision the order says nothing. */
  private static List<String> tell(List<Change> changes) {
    return changes.stream()
        .map(change -> "%08d %s".formatted(change.revision(), change))
        .sorted()
        .toList();
  }

  private record Listener(List<Change> heard) implements Etcd.Listener {
    @Override
    public void changes(List<Change> changes) {
      heard.addAll(changes);
    }

    @Override
    public void ended(String why) {
      heard.add(new Change.Delete(why, Long.MAX_VALUE)); // it ends when it is closed, not before
    }
  }
}
