package dev.lockclaim.sidecar.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockclaim.sidecar.TestingEtcd;
import dev.lockclaim.sidecar.TestingProgram;
import dev.lockclaim.sidecar.WrongSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code lockclaim status} as people run it, over keys as Lockclaim writes them. */
@Timeout(120)
class StatusCommandTest {
  private static final String SETTINGS =
      "{\"v\":1,\"slots\":2,\"delaySeconds\":0,\"prefer\":\"FirstInLine\",\"newestRevision\":\"\","
          + "\"suspend\":false,\"epoch\":0,\"clusterId\":\"0000000000000001\"}";
  private static final String HOLDER =
      "{\"v\":1,\"lease\":\"LEASE\",\"epoch\":0,\"pod\":\"host-a-1\",\"uid\":\"u\","
          + "\"node\":\"host-a\",\"revision\":\"\",\"grantTimeMillis\":1767225600500,\"via\":\"queue\"}";

  @TempDir private Path folder;
  private final List<TestingProgram> programs = new ArrayList<>();
  private TestingEtcd etcd;

  @BeforeEach
  void startEtcd() throws Exception {
    etcd = new TestingEtcd(folder, "etcd");
  }

  @AfterEach
  void stopAll() {
    programs.forEach(TestingProgram::close);
    etcd.close();
  }

  @Test
  void showsWhoHoldsAndWhoWaits() throws Exception {
    put("billing/settings", SETTINGS);
    // Holder and place in line count only under their own leases.
    String held = etcd.ctl("lease", "grant", "600").split(" ")[1];
    etcd.ctl(
        "put",
        "/lockclaim/default/billing/holder/0",
        HOLDER.replace("LEASE", held),
        "--lease=" + held);
    put("billing/ledger/1", "{\"v\":1,\"epoch\":0,\"pod\":\"gone\",\"uid\":\"u\"}");
    String lease = etcd.ctl("lease", "grant", "600").split(" ")[1];
    etcd.ctl(
        "put",
        "/lockclaim/default/billing/queue/" + lease,
        "{\"v\":1,\"pod\":\"host-b-2\",\"uid\":\"u2\",\"node\":\"host b\\u001b[1m\",\"revision\":\"\",\"sidecar\":1}",
        "--lease=" + lease);
    put("audit/settings", SETTINGS.replace("\"suspend\":false", "\"suspend\":true"));
    put("audit/holder/x", "not ours");
    String token = etcd.ctl("get", "/lockclaim/default/billing/holder/0", "-w", "json");
    token = token.replaceAll("(?s).*\"mod_revision\":(\\d+).*", "$1");

    TestingProgram table = status();
    assertThat(table.status()).as(table.output()).isZero();
    assertThat(table.output().lines().map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "LOCK PLACE WHO HOST TOKEN SINCE",
            "default/audit slot:0 (suspended) - - -",
            "default/audit slot:1 (suspended) - - -",
            "default/billing slot:0 host-a-1 host-a " + token + " 2026-01-01T00:00:00Z",
            "default/billing slot:1 (vanished) - - -",
            "default/billing line:1 host-b-2 host?b?[1m - -",
            "lockclaim: lock default/audit: etcd key holder/x was not written by a Lockclaim of this"
                + " version; delete it or upgrade");

    TestingProgram json = status("--lock", "billing", "--output", "json");
    assertThat(json.status()).as(json.output()).isZero();
    assertThat(json.output().strip())
        .isEqualTo(
            ("{'locks':[{'lock':'default/billing','slots':2,'suspended':false,'holders':"
                    + "[{'slot':0,'pod':'host-a-1','node':'host-a','token':'"
                    + token
                    + "','since':'2026-01-01T00:00:00Z'}],'vanished':[1],'line':"
                    + "[{'position':1,'pod':'host-b-2','node':'host b\\u001B[1m'}],'problems':[]}]}")
                .replace('\'', '"'));
    assertThat(status("--lock", "billing", "--held").status()).isZero();
    TestingProgram free = status("--lock", "other", "--held");
    assertThat(free.status()).isEqualTo(1);
    assertThat(free.output()).isEmpty();
    TestingProgram unused = status("--lock", "other");
    assertThat(unused.status()).isZero();
    assertThat(unused.output()).contains("(never used)");
  }

  @Test
  void saysWhenEtcdCannotBeRead() throws Exception {
    etcd.stop();
    TestingProgram away = status();
    assertThat(away.status()).isEqualTo(125);
    assertThat(away.output().lines()).singleElement().asString().contains(etcd.url());
    etcd.start();
    etcd.enableUsers("worker", "right", "/lockclaim/default/");
    TestingProgram nobody = status();
    assertThat(nobody.status()).isEqualTo(125);
    assertThat(nobody.output().lines()).singleElement().asString().contains("user and password");
    TestingProgram denied =
        TestingProgram.start(
            folder,
            Map.of("LOCKCLAIM_ETCD", etcd.url(), "LOCKCLAIM_ETCD_PASSWORD", "right"),
            "status",
            "--user",
            "worker",
            "--namespace",
            "other");
    programs.add(denied);
    assertThat(denied.status()).isEqualTo(125);
    assertThat(denied.output().lines()).singleElement().asString().contains("denies access");
  }

  @Test
  void refusesWrongOptions() {
    for (String line : List.of("--output xml", "--held", "--lock a b", "--follow")) {
      assertThatThrownBy(
              () -> StatusOptions.of(List.of(("--etcd http://x:1 " + line).split(" ")), Map.of()))
          .as(line)
          .isInstanceOf(WrongSettings.class)
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
  }

  private void put(String key, String value) throws IOException, InterruptedException {
    etcd.ctl("put", "/lockclaim/default/" + key, value);
  }

  private TestingProgram status(String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("status", "--etcd", etcd.url()));
    arguments.addAll(List.of(options));
    TestingProgram program =
        TestingProgram.start(folder, Map.of(), arguments.toArray(String[]::new));
    programs.add(program);
    return program;
  }
}
