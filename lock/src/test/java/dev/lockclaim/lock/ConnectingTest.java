package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockclaim.lock.etcd.EtcdCalls;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Granted;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Renewed;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.TestingStore;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The beginning of a session, at an etcd that takes its time and has a least TTL. */
final class ConnectingTest {
  private static final long ANSWER_NANOS = 3_000_000_000L;
  private static final long LEAST_TTL = 30;

  private final TestingStore store = new TestingStore(7);
  private long now = 1_000_000_000_000L;
  private String version = "3.6.16";

  @Test
  void t2TheFirstDeadlineIsCountedFromWhenTheLeaseWasAskedFor() throws Exception {
    Connecting.Begun begun = connect(marks(0, 0));
    assertThat(begun.sentNanos()).isLessThanOrEqualTo(now - ANSWER_NANOS);
  }

  @Test
  void t15ALeaseHasTheTtlThatEtcdGranted() throws Exception {
    assertThat(connect(marks(0, 0)).ttlSeconds()).isEqualTo(LEAST_TTL);
  }

  @Test
  void h12TheFirstDeadlineOfALeaseThatIsTakenUpIsThatOfAnOwnRenewal() throws Exception {
    long lease = store.grant(10, Duration.ZERO).lease();
    store.step(
        new Step(List.of(), List.of(new Step.Write.Put(LockKeys.holder(0), "{\"v\":1}", lease))),
        Duration.ZERO);
    long before = now;
    Connecting.Begun begun = connect(marks(lease, store.revision()));
    assertThat(begun.takenUp()).isTrue();
    assertThat(begun.sentNanos()).isBetween(before, now - ANSWER_NANOS);
  }

  @Test
  void t12AnEtcdWhoseLeaderMayEndLeasesIsRefused() {
    version = "3.5.12";
    assertThatThrownBy(() -> connect(marks(0, 0)))
        .isInstanceOfSatisfying(
            Connecting.Refused.class, refused -> assertThat(refused.forGood()).isTrue())
        .hasMessageContaining("3.5.12")
        .hasMessageContaining("upgrade");
  }

  @Test
  void t13C8H10AnEtcdThatMayRenewAnEndedLeaseHasItsRenewalsConfirmed() throws Exception {
    for (String old : List.of("3.5.13", "3.5.22", "3.6.0", "3.6.4")) {
      version = old;
      assertThat(connect(marks(0, 0)).confirm()).as(old).isTrue();
    }
    for (String mended : List.of("3.5.23", "3.5.30", "3.6.5", "3.7.0", "4.0.0")) {
      version = mended;
      assertThat(connect(marks(0, 0)).confirm()).as(mended).isFalse();
    }
  }

  @Test
  void c7H6ALowerRevisionThanAFormerProcessHasSeenIsARestoredEtcd() {
    assertThatThrownBy(() -> connect(marks(0, store.revision() + 1)))
        .isInstanceOf(Connecting.Refused.class)
        .hasMessageContaining("restored");
  }

  private static Marks marks(long lease, long revision) {
    return new Marks("boot", "uid", 1, lease, 0, 0, revision == 0 ? 0 : 7, revision, 0);
  }

  private Connecting.Begun connect(Marks marks) throws Exception {
    CandidateConfig config =
        new CandidateConfig(
            "ns", "lock", new Identity("p", "uid", "", "", 0), 5, 1, OptionalInt.empty());
    return new Connecting(new SlowEtcd(), config, () -> now).connect(marks);
  }

  private final class SlowEtcd implements EtcdCalls {
    @Override
    public String version(Duration deadline) {
      return version;
    }

    @Override
    public Snapshot read(Duration deadline) {
      return store.snapshot();
    }

    @Override
    public Outcome step(Step step, Duration deadline) throws EtcdFailure {
      return store.step(step, deadline);
    }

    @Override
    public Granted grant(long ttlSeconds, Duration deadline) {
      Granted granted = store.grant(Math.max(LEAST_TTL, ttlSeconds), deadline);
      now += ANSWER_NANOS;
      return granted;
    }

    @Override
    public Renewed renew(long lease, Duration deadline) {
      Renewed renewed = store.renew(lease, deadline);
      now += ANSWER_NANOS;
      return renewed;
    }
  }
}
