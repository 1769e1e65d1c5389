package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys and values below the lock's prefix that no Lockclaim of this version has written. */
final class CoreBadInputTest extends CoreScene {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "{\"v\":2}",
        "{\"v\":1,\"slots\":\"many\"}",
        "{\"v\":1,\"slots\":-1}",
        "{\"v\":1,\"slots\":1,\"suspend\":\"perhaps\"}",
        "{\"v\":1,\"slots\":1,\"delaySeconds\":-5}",
        "{\"v\":1,\"slots\":1,\"epoch\":-1}",
        "{\"v\":1,\"slots\":1,\"epoch\":1048576}",
        "{\"v\":1,\"slots\":1,\"clusterId\":\"none of ours\"}",
      })
  void l3SettingsThatCannotBeReadKeepThePodOutOfLine(String value) throws EtcdFailure {
    write(new Step.Write.Put(LockKeys.SETTINGS, value, 0));
    settle(first);
    assertThat(view().queue()).isEmpty();
    assertThat(view().holders()).isEmpty();
    assertThat(first.status().trouble()).contains("settings").contains("delete it or upgrade");
    assertThat(first.marks.marks().lease()).isNotZero();
    settings(1, false);
    settle(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(first.status().trouble()).isEmpty();
  }

  @Test
  void settingsThatBecomeUnreadableTakeNothingFromWhoHolds() throws EtcdFailure {
    long token = active();
    write(new Step.Write.Put(LockKeys.SETTINGS, "{\"v\":2}", 0));
    settle(first, second);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(holder()).isEqualTo(token);
    assertThat(view().queue()).isEmpty();
    yieldAndEnd(first);
    settle(first, second);
    assertThat(view().holders()).isEmpty();
    assertThat(second.gate.state).isEqualTo(TestingGate.State.WAITING);
  }

  @Test
  void aForeignHolderKeyHoldsItsSlot() throws EtcdFailure {
    write(new Step.Write.Put(LockKeys.holder(0), "not ours", 0));
    settle(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
    assertThat(view().holders().get(0).identity()).isEqualTo(Identity.NOBODY);
    assertThat(first.status().trouble()).contains("holder/0").contains("delete it or upgrade");
    write(new Step.Write.Delete(LockKeys.holder(0)));
    settle(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
  }

  /** Nobody granted these, and without their own lease they never go away. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"v\":1}",
        "{\"v\":1,\"lease\":\"0\"}",
        "{\"v\":1,\"lease\":\"4d\",\"pod\":\"pod-7\"}",
      })
  void aHolderKeyWithoutItsLeaseIsNamed(String value) throws EtcdFailure {
    write(new Step.Write.Put(LockKeys.holder(0), value, 0));
    settle(first);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.WAITING);
    assertThat(first.status().trouble()).contains("holder/0").contains("delete it or upgrade");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "-1", "99999999999999999999"})
  void aHolderWhoseEpochIsNoneIsNamed(String epoch) throws EtcdFailure {
    long foreign = world.store.grant(60, Duration.ZERO).lease();
    String value =
        "{\"v\":1,\"lease\":\"%s\",\"epoch\":\"%s\"}".formatted(LockKeys.hex(foreign), epoch);
    write(new Step.Write.Put(LockKeys.holder(0), value, foreign));
    settle(first);
    assertThat(first.status().trouble()).contains("holder/0");
  }

  @Test
  void aGrantThatCannotBeReadIsGivenAwayAndNotRun() throws EtcdFailure {
    settings(0, false);
    settle(first);
    long lease = first.marks.marks().lease();
    write(
        new Step.Write.Delete(LockKeys.queue(lease)),
        new Step.Write.Put(LockKeys.holder(0), "{\"v\":2}", lease));
    settings(1, false);
    final long unreadable = holder();
    settle(first); // given back, and granted anew
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(first.gate.token).isGreaterThan(unreadable);
  }

  @ParameterizedTest
  @CsvSource({"holder/00", "holder/+0", "holder/-1", "holder/first", "holder/"})
  void aKeyThatLooksLikeASlotHoldsAndHidesNone(String key) throws EtcdFailure {
    write(new Step.Write.Put(key, LockCodec.holder(Identity.NOBODY, 1, 0, 0, "queue"), 0));
    long token = active();
    assertThat(holder()).isEqualTo(token);
    assertThat(view().problems()).singleElement().asString().contains(key);
  }

  @ParameterizedTest
  @CsvSource({"ledger/00", "ledger/x", "elsewhere", "queue", "settings/", "holder"})
  void foreignKeysAreInNobodysWay(String key) throws EtcdFailure {
    write(new Step.Write.Put(key, "{\"v\":1}", 0));
    active();
    yieldAndEnd(first);
    settle(first, second);
    assertThat(second.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(view().problems()).singleElement().asString().contains(key);
  }

  @Test
  void aPlaceInLineWithoutALeaseIsNone() throws EtcdFailure {
    write(new Step.Write.Put(LockKeys.queue(77), LockCodec.queue(Identity.NOBODY), 0));
    active();
    assertThat(view().queue()).extracting("lease").containsExactly(second.marks.marks().lease());
  }

  @Test
  void aPlaceInLineUnderTheLeaseOfAnotherProcessIsNone() throws EtcdFailure {
    long foreign = world.store.grant(60, Duration.ZERO).lease();
    write(
        new Step.Write.Put(
            LockKeys.queue(foreign + 1000), LockCodec.queue(Identity.NOBODY), foreign));
    write(new Step.Write.Put("queue/" + Long.toHexString(foreign), "{\"v\":1}", foreign));
    active();
    assertThat(view().queue()).extracting("lease").containsExactly(second.marks.marks().lease());
    assertThat(view().problems()).hasSize(2);
  }

  @Test
  void aRequestThatCannotBeReadIsNone() throws EtcdFailure {
    final long token = active();
    write(new Step.Write.Put(LockKeys.REQUEST, "to any", 0));
    settle(first, second);
    assertThat(first.gate.state).isEqualTo(TestingGate.State.RUNNING);
    assertThat(holder()).isEqualTo(token);
  }

  @Test
  void aLedgerThatCannotBeReadIsWaitedForAsAnyOther() throws EtcdFailure {
    write(new Step.Write.Put(LockKeys.ledger(0), "[]", 0));
    active();
  }
}
