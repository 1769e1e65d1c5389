package dev.lockclaim.operator.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.Snapshot;
import dev.lockclaim.operator.observe.Ending;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.ObservedLock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LocksTest {
  private static final LockId A = new LockId("payments", "a");
  private static final LockId B = new LockId("payments", "b");

  private final Locks locks = new Locks();

  @Test
  void aReadIsTakenForTheTruthAndTellsWhatIsNew() {
    assertThat(locks.read(all(10, held(A, 5), held(B, 6)))).containsExactlyInAnyOrder(A, B);
    assertThat(locks.read(all(20, held(A, 5), held(B, 6)))).isEmpty();
    assertThat(locks.read(all(30, held(A, 5), held(B, 25)))).containsExactly(B);
    // A restored etcd is behind: what it says holds all the same.
    assertThat(locks.read(all(8, held(A, 5)))).containsExactly(B);
    assertThat(locks.get(B).holders()).isEmpty();
    assertThat(locks.get(A).holders()).extracting(Holder::modRevision).containsExactly(5L);
  }

  @Test
  void changesConcernTheirOwnLockOnly() {
    locks.read(all(10, held(A, 5), held(B, 6)));
    assertThat(locks.changed(List.of(new Change.Put(held(A, 11))))).containsExactly(A);
    assertThat(locks.changed(List.of(new Change.Delete("payments/b/holder/0", 12))))
        .containsExactly(B);
    assertThat(locks.changed(List.of(new Change.Put(entry("elsewhere", "{}", 13))))).isEmpty();
    assertThat(locks.changed(List.of(new Change.Delete("payments/a/holder/0", 11)))).isEmpty();
    assertThat(locks.get(A).holders()).extracting(Holder::modRevision).containsExactly(11L);
    assertThat(locks.get(B).endings()).isEqualTo(Map.of(6L, Ending.RELEASED));
  }

  @Test
  void aLockThatIsNoMoreIsForgottenOnceItsEndWasTold() {
    locks.read(all(10, held(A, 5)));
    assertThat(locks.read(all(20))).containsExactly(A);
    assertThat(locks.get(A).endings()).isEqualTo(Map.of(5L, Ending.RELEASED));
    assertThat(locks.read(all(30))).isEmpty();
    assertThat(locks.ids()).isEmpty();
    assertThat(locks.get(A)).isEqualTo(ObservedLock.EMPTY);
  }

  private static Snapshot all(long revision, Entry... entries) {
    return new Snapshot(1, revision, List.of(entries));
  }

  private static Entry held(LockId lock, long revision) {
    Identity pod = new Identity("p", "u", "n", "r", 1);
    String value = LockCodec.holder(pod, 7, 0, 0, Holder.VIA_QUEUE);
    return entry(lock.folder() + "holder/0", value, revision);
  }

  private static Entry entry(String key, String value, long revision) {
    return new Entry(key, value, revision, revision, 7);
  }
}
