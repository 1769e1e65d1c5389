package dev.lockclaim.lock.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The values in etcd are an interface: docs/reference/etcd-keys.md. */
class LockCodecTest {
  private static final Identity POD = new Identity("p", "u", "n", "r", 3);

  @Test
  void valuesAreThoseOfTheReference() {
    assertThat(LockCodec.queue(POD))
        .isEqualTo(
            "{\"v\":1,\"pod\":\"p\",\"uid\":\"u\",\"node\":\"n\",\"revision\":\"r\",\"sidecar\":3}");
    assertThat(LockCodec.holder(POD, 0xab, 2, 5, Holder.VIA_HANDOVER))
        .isEqualTo(
            "{\"v\":1,\"lease\":\"00000000000000ab\",\"epoch\":2,\"pod\":\"p\",\"uid\":\"u\",\"node\":\"n\","
                + "\"revision\":\"r\",\"grantTimeMillis\":5,\"via\":\"handover\"}");
    assertThat(LockCodec.ledger(POD, 0xab, 2))
        .isEqualTo(
            "{\"v\":1,\"epoch\":2,\"pod\":\"p\",\"uid\":\"u\",\"lease\":\"00000000000000ab\"}");
    assertThat(LockCodec.request("any", "1")).isEqualTo("{\"v\":1,\"to\":\"any\",\"id\":\"1\"}");
    Settings settings = new Settings(2, 7, "NewestRevision", "r", true, 1, -1, "claim", 9);
    assertThat(LockCodec.settings(settings))
        .isEqualTo(
            "{\"v\":1,\"slots\":2,\"delaySeconds\":7,\"prefer\":\"NewestRevision\",\"newestRevision\":\"r\","
                + "\"suspend\":true,\"epoch\":1,\"clusterId\":\"ffffffffffffffff\",\"claim\":\"claim\"}");
    assertThat(LockCodec.settings(Settings.defaults(1, 10)))
        .isEqualTo(
            "{\"v\":1,\"slots\":1,\"delaySeconds\":0,\"prefer\":\"FirstInLine\",\"newestRevision\":\"\","
                + "\"suspend\":false,\"epoch\":0,\"clusterId\":\"000000000000000a\"}");
  }

  @Test
  void whatIsWrittenIsRead() {
    Settings settings = new Settings(2, 7, "NewestRevision", "r", true, 1, -1, "claim", 9);
    LockView view =
        view(
            new Entry(LockKeys.SETTINGS, LockCodec.settings(settings), 9, 9, 0),
            new Entry(LockKeys.queue(5), LockCodec.queue(POD), 10, 10, 5),
            new Entry(LockKeys.holder(1), LockCodec.holder(POD, 6, 2, 5, "queue"), 11, 11, 6),
            new Entry(LockKeys.ledger(1), LockCodec.ledger(POD, 6, 2), 11, 11, 0),
            new Entry(LockKeys.REQUEST, LockCodec.request("p", "id"), 12, 12, 0));
    assertThat(view.problems()).isEmpty();
    assertThat(view.settings()).contains(settings);
    assertThat(view.queue()).containsExactly(new Queued(5, 10, POD));
    Identity granted = new Identity("p", "u", "n", "r", 0);
    assertThat(view.holders().get(1)).isEqualTo(new Holder(1, 6, 2, granted, 5, "queue", 11));
    assertThat(view.ledgers().get(1)).isEqualTo(new Ledger(1, 6, 2, 11));
    assertThat(view.ledgers().get(1).token()).isEqualTo(view.holders().get(1).token());
    assertThat(view.request()).contains(new Request("p", "id", 12));
  }

  /** A slot is held, and a grant outstanding, whatever the value says. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''",
        "null",
        "[]",
        "{",
        "{\"v\":2}",
        "{\"v\":1,\"epoch\":\"x\",\"grantTimeMillis\":{}}"
      })
  void aHolderThatCannotBeReadHoldsAllTheSame(String value) {
    LockView view =
        view(new Entry("holder/0", value, 7, 7, 1), new Entry("ledger/0", value, 7, 7, 0));
    assertThat(view.holders()).containsOnlyKeys(0);
    assertThat(view.ledgers()).containsOnlyKeys(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "settings | {\"v\":2}",
        "settings | {\"v\":1,\"slots\":\"many\"}",
        "queue/0000000000000005 | {\"v\":1}", // under no lease: it would never go away
        "settings | {\"v\":1,\"slots\":-1}",
        "settings | {\"v\":1,\"suspend\":\"no\"}",
        "settings | {\"v\":1,\"epoch\":524288}",
        "queue/what | {\"v\":1}",
        "queue/0 | {\"v\":1}", // not as it is written
        "holder/00 | {\"v\":1}",
        "holder/-1 | {\"v\":1}",
        "ledger/00 | {\"v\":1}",
        "holder/first | {\"v\":1}",
        "elsewhere | {\"v\":1}",
        "request | to any",
        "queue/0000000000000000 | {\"v\":1}",
      })
  void whatCannotBeReadIsNamedAndNothingIsMadeOfIt(String key, String value) {
    LockView view = view(new Entry(key, value, 7, 7, 0));
    assertThat(view.problems()).singleElement().asString().contains(key, "delete it or upgrade");
    assertThat(view.settings()).isEmpty();
    assertThat(view.queue()).isEmpty();
    assertThat(view.holders()).isEmpty();
    assertThat(view.ledgers()).isEmpty();
    assertThat(view.request()).isEmpty();
    assertThat(view.entry(key)).isPresent();
  }

  private static LockView view(Entry... entries) {
    return LockView.of(new Snapshot(1, 20, List.of(entries)));
  }
}
