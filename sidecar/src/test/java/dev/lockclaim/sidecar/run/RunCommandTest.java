package dev.lockclaim.sidecar.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockclaim.sidecar.TestingCertificates;
import dev.lockclaim.sidecar.TestingEtcd;
import dev.lockclaim.sidecar.TestingProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code lockclaim run} as people run it: the command and etcd. */
@Timeout(180)
class RunCommandTest extends TestingRuns {
  @Test
  void fourWorkersTakeTurns() throws Exception {
    Path log = folder.resolve("work");
    for (int worker = 1; worker <= 4; worker++) {
      run(
          "--ttl",
          "5",
          "--",
          "sh",
          "-c",
          "echo begin $1 $LOCKCLAIM_TOKEN >>$2; sleep 0.2; echo end $1 >>$2",
          "sh",
          "" + worker,
          log.toString());
    }
    for (TestingProgram program : programs) {
      assertThat(program.status()).as(program.output()).isZero();
    }
    List<String> lines = Files.readAllLines(log);
    assertThat(lines).hasSize(8);
    long lastToken = 0;
    for (int i = 0; i < 8; i += 2) {
      String[] begin = lines.get(i).split(" ");
      assertThat(lines.get(i + 1)).isEqualTo("end " + begin[1]);
      assertThat(Long.parseLong(begin[2])).isGreaterThan(lastToken);
      lastToken = Long.parseLong(begin[2]);
    }
  }

  @Test
  void endsWithTheStatusOfItsCommand() throws Exception {
    assertThat(run("--", "sh", "-c", "exit 7").status()).isEqualTo(7);
    assertThat(run("--", "sh", "-c", "kill -9 $$").status()).isEqualTo(137);
    assertThat(run("--", "/no/such/command").status()).isEqualTo(127);
  }

  @Test
  void aSignalEndsTheCommandAndPassesTheTurnOn() throws Exception {
    Path log = folder.resolve("work");
    TestingProgram first =
        run(
            "--",
            "sh",
            "-c",
            "trap 'echo stopped >>$0; exit 5' TERM; echo first >>$0; while :; do sleep 0.1; done",
            log.toString());
    await().atMost(LONG).until(() -> Files.exists(log));
    TestingProgram second = run("--", "sh", "-c", "echo second >>$0", log.toString());
    first.process().destroy();
    assertThat(first.status()).as(first.output()).isEqualTo(5);
    assertThat(second.status()).as(second.output()).isZero();
    assertThat(log).hasContent("first\nstopped\nsecond");
  }

  @Test
  void aSignalEndsWhoWaitsInLine() throws Exception {
    Path log = folder.resolve("work");
    run("--", "sh", "-c", "echo first >>$0; exec sleep 1000", log.toString());
    await().atMost(LONG).until(() -> Files.exists(log));
    TestingProgram second = run("--verbose", "--", "sh", "-c", "echo second >>$0", log.toString());
    await().atMost(LONG).until(() -> second.output().contains("ready"));
    second.process().destroy();
    assertThat(second.status()).as(second.output()).isEqualTo(143);
    assertThat(log).hasContent("first");
  }

  @Test
  void aLostLockEndsTheCommandAndWaitsAgain() throws Exception {
    Path log = folder.resolve("work");
    run(
        "--ttl",
        "5",
        "--",
        "sh",
        "-c",
        "echo $LOCKCLAIM_TOKEN >>$0; exec sleep $1",
        log.toString(),
        longTime);
    await().atMost(LONG).until(this::somebodySleeps);
    etcd.stop();
    await().atMost(LONG).until(() -> !somebodySleeps());
    etcd.start();
    await().atMost(LONG).until(() -> Files.readAllLines(log).size() == 2);
    List<String> tokens = Files.readAllLines(log);
    assertThat(Long.parseLong(tokens.get(1))).isGreaterThan(Long.parseLong(tokens.get(0)));
  }

  @Test
  void aLostLockMayEndTheLauncher() throws Exception {
    Path log = folder.resolve("work");
    TestingProgram program =
        run(
            "--ttl",
            "5",
            "--on-loss",
            "exit",
            "--",
            "sh",
            "-c",
            "echo x >>$0; exec sleep 1000",
            log.toString());
    await().atMost(LONG).until(() -> Files.exists(log));
    etcd.stop();
    assertThat(program.status()).as(program.output()).isEqualTo(123);
    assertThat(program.output())
        .contains("stopping the command within")
        .contains("the lock was lost");
    // The same status of the command's own is its own.
    etcd.start();
    assertThat(run("--on-loss", "exit", "--", "sh", "-c", "exit 88").status()).isEqualTo(88);
  }

  @Test
  void saysNothingWhenNothingIsTheMatter() throws Exception {
    TestingProgram program = run("--", "sh", "-c", "exit 0");
    assertThat(program.status()).isZero();
    assertThat(program.output()).isEmpty();
  }

  @Test
  void givesUpWhenItsPatienceIsOver() throws Exception {
    Path log = folder.resolve("work");
    run("--", "sh", "-c", "echo first >>$0; exec sleep 1000", log.toString());
    await().atMost(LONG).until(() -> Files.exists(log));
    for (String seconds : List.of("0", "2")) {
      TestingProgram second = run("--wait", seconds, "--", "sh", "-c", "echo >>$0", log.toString());
      assertThat(second.status()).as(second.output()).isEqualTo(124);
      assertThat(second.output().lines())
          .singleElement()
          .asString()
          .contains("default/test was not granted within " + seconds + " s: ")
          .contains(" holds it with token ");
    }
    await().atMost(LONG).until(() -> !etcd.ctl("get", "--prefix", "/").contains("/queue/"));
    assertThat(log).hasContent("first");
    etcd.stop();
    TestingProgram third = run("--wait", "1", "--", "true");
    assertThat(third.status()).as(third.output()).isEqualTo(124);
    assertThat(third.output()).contains("does not answer");
  }

  @Test
  void patienceDoesNotEndWhatRuns() throws Exception {
    TestingProgram program = run("--wait", "0", "--", "sh", "-c", "sleep 3; exit 4");
    assertThat(program.status()).as(program.output()).isEqualTo(4);
    assertThat(program.output()).isEmpty();
  }

  @Test
  void asManyRunAsThereAreSlots() throws Exception {
    Path log = folder.resolve("work");
    for (int i = 0; i < 2; i++) {
      run("--slots", "2", "--", "sh", "-c", "echo x >>$0; exec sleep 1000", log.toString());
    }
    await().atMost(LONG).until(() -> Files.exists(log) && Files.readAllLines(log).size() == 2);
    assertThat(run("--slots", "2", "--wait", "0", "--", "true").status()).isEqualTo(124);
  }

  @Test
  void theCommandDoesNotSeeThePassword() throws Exception {
    etcd.enableUsers("worker", "secret word", "/lockclaim/");
    Path log = folder.resolve("work");
    TestingProgram program =
        TestingProgram.start(
            folder,
            Map.of("LOCKCLAIM_ETCD", etcd.url(), "LOCKCLAIM_ETCD_PASSWORD", "secret word"),
            "run",
            "--lock",
            "test",
            "--user",
            "worker",
            "--",
            "sh",
            "-c",
            "env >$0",
            log.toString());
    programs.add(program);
    assertThat(program.status()).as(program.output()).isZero();
    assertThat(program.output()).isEmpty();
    assertThat(log).content().contains("LOCKCLAIM_TOKEN=").doesNotContain("secret word");
  }

  @Test
  void wrongCredentialsAreSaidAndTriedAgain() throws Exception {
    etcd.enableUsers("worker", "right", "/lockclaim/");
    Path password = Files.writeString(folder.resolve("password"), "wrong");
    TestingProgram program =
        run("--user", "worker", "--password-file", password.toString(), "--", "true");
    await()
        .atMost(LONG)
        .until(() -> program.output().contains("does not accept user and password"));
    Files.writeString(password, "right");
    assertThat(program.status()).as(program.output()).isZero();
    assertThat(program.output().split("does not accept", -1)).hasSize(2);
    assertThat(program.output()).contains("this is over");
    TestingProgram nobody = run("--wait", "3", "--", "true");
    assertThat(nobody.status()).as(nobody.output()).isEqualTo(124);
    assertThat(nobody.output()).contains("user");
  }

  @Test
  void tlsFilesMayRotateWhileTheLockIsHeld() throws Exception {
    Path tls = Files.createDirectory(folder.resolve("tls"));
    lay(new TestingCertificates(folder.resolve("old")).sign("server").sign("client"), tls);
    TestingCertificates stranger = new TestingCertificates(folder.resolve("stranger"));
    Path log = folder.resolve("work");
    try (TestingEtcd secure =
        TestingEtcd.withTls(Files.createDirectory(folder.resolve("s")), tls)) {
      TestingProgram program =
          start(
              "--lock",
              "test",
              "--ttl",
              "30",
              "--etcd",
              secure.url(),
              "--cacert",
              tls.resolve("ca.crt").toString(),
              "--cert",
              tls.resolve("client.crt").toString(),
              "--key",
              tls.resolve("client.key").toString(),
              "--",
              "sh",
              "-c",
              "echo $LOCKCLAIM_TOKEN >>$0; exec sleep " + longTime,
              log.toString());
      await().atMost(LONG).until(this::somebodySleeps);
      // Nothing of the old authority is of use to either side afterwards: however short the outage,
      // the first request after it fails, be it a renewal or a read, and that is said.
      secure.stop();
      lay(new TestingCertificates(folder.resolve("new")).sign("server").sign("client"), tls);
      secure.start();
      await().atMost(LONG).until(() -> program.output().contains("this is over"));
      assertThat(program.output()).contains("the lock is held");
      assertThat(Files.readAllLines(log)).hasSize(1);
      TestingProgram wrong =
          start(
              "--lock",
              "test",
              "--wait",
              "4",
              "--etcd",
              secure.url(),
              "--cacert",
              stranger.authority().toString(),
              "--",
              "true");
      assertThat(wrong.status()).isEqualTo(124);
      assertThat(wrong.output()).contains("certif");
      program.process().destroy();
      assertThat(program.status()).isEqualTo(143);
    }
  }

  /** A renewal alone may fail: what is read right after it may go well. */
  @Test
  void aFailedRenewalIsSaid() throws Exception {
    TestingProgram program = run("--verbose", "--ttl", "15", "--", "sleep", longTime);
    await().atMost(LONG).until(this::somebodySleeps);
    etcd.pause();
    await().atMost(LONG).until(() -> program.output().contains("the lease was not renewed"));
    etcd.resume();
    await().atMost(LONG).until(() -> program.output().contains("this is over: the lock is held"));
    assertThat(program.output())
        .contains(etcd.url() + " does not answer")
        .contains("trying on, and stopping the command within");
  }

  private static void lay(TestingCertificates from, Path tls) throws IOException {
    Files.copy(from.authority(), tls.resolve("ca.crt"), StandardCopyOption.REPLACE_EXISTING);
    for (String name : List.of("server", "client")) {
      Files.copy(
          from.certificate(name), tls.resolve(name + ".crt"), StandardCopyOption.REPLACE_EXISTING);
      Files.copy(from.key(name), tls.resolve(name + ".key"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Test
  void anEtcdThatIsAwayIsWaitedForAndSaidOnce() throws Exception {
    etcd.stop();
    Path log = folder.resolve("work");
    TestingProgram program = run("--", "sh", "-c", "echo ran >>$0", log.toString());
    await().atMost(LONG).until(() -> program.output().contains(etcd.url() + " does not answer"));
    etcd.start();
    assertThat(program.status()).as(program.output()).isZero();
    assertThat(program.output().lines()).as(program.output()).hasSize(2);
    assertThat(program.output()).contains("trying on").contains("this is over");
  }

  /** Written by hand, by another program, or by a later version. */
  @Test
  void keysThatAreInTheWayAreNamedOnceAndNothingIsRunMeanwhile() throws Exception {
    String lock = "/lockclaim/default/test/";
    for (String key : List.of("settings", "holder/0")) {
      etcd.ctl("put", lock + "queue/elsewhere", "{");
      etcd.ctl("put", lock + key, "{\"v\":2}");
      Path log = folder.resolve("work");
      TestingProgram program = run("--", "sh", "-c", "echo ran >>$0", log.toString());
      await().atMost(LONG).until(() -> program.output().contains("etcd key " + key));
      assertThat(program.output()).contains("delete it or upgrade");
      etcd.ctl("put", lock + "queue/elsewhere", "}"); // looked at again, and not said again
      assertThat(log).doesNotExist();
      etcd.ctl("del", lock + "holder/0");
      etcd.ctl(
          "put", lock + "settings", "{\"v\":1,\"clusterId\":\"%016x\"}".formatted(clusterId()));
      assertThat(program.status()).as(program.output()).isZero();
      assertThat(program.output().lines()).as(program.output()).hasSize(2);
      assertThat(program.output()).contains("this is over");
      Files.delete(log);
    }
  }

  private long clusterId() throws Exception {
    String header = etcd.ctl("get", "/", "--write-out=json");
    Matcher matcher = Pattern.compile("\"cluster_id\":(\\d+)").matcher(header);
    assertThat(matcher.find()).as(header).isTrue();
    return Long.parseUnsignedLong(matcher.group(1));
  }

  /** Its tokens may have been given out before: what was fenced by those would be open to them. */
  @Test
  void c7H6AnotherEtcdThanTheLastRunHasSeenIsRefused() throws Exception {
    String state = folder.resolve("state-dir").toString();
    for (int run = 0; run < 2; run++) {
      assertThat(run("--state-dir", state, "--", "true").status()).isZero();
    }
    try (TestingEtcd another =
        new TestingEtcd(Files.createDirectory(folder.resolve("another")), "etcd")) {
      TestingProgram refused =
          start(
              "--lock",
              "test",
              "--etcd",
              another.url(),
              "--state-dir",
              state,
              "--wait",
              "2",
              "--",
              "true");
      assertThat(refused.status()).as(refused.output()).isEqualTo(124);
      assertThat(refused.output()).contains("restored or replaced").contains("--state-dir");
      TestingProgram other =
          start("--lock", "other", "--etcd", another.url(), "--state-dir", state, "--", "true");
      assertThat(other.status()).as("of another lock: " + other.output()).isZero();
      TestingProgram anew = start("--lock", "test", "--etcd", another.url(), "--", "true");
      assertThat(anew.status()).as(anew.output()).isZero();
    }
  }

  @Test
  void t12AnOldEtcdIsRefused() throws Exception {
    try (TestingEtcd old =
        new TestingEtcd(Files.createDirectory(folder.resolve("old")), "etcd-3.5.12")) {
      TestingProgram program = start("--lock", "test", "--etcd", old.url(), "--", "true");
      assertThat(program.status()).isEqualTo(125);
      assertThat(program.output().lines())
          .as(program.output())
          .singleElement()
          .asString()
          .contains("3.5.12")
          .contains("3.5.13");
    }
  }

  @Test
  void saysWhatIsWrongInOneLine() throws Exception {
    TestingProgram program = start("--lock", "test", "--colour", "blue", "--", "true");
    assertThat(program.status()).isEqualTo(2);
    assertThat(program.output().lines()).singleElement().asString().contains("--colour");
    TestingProgram noGate =
        TestingProgram.start(
            folder,
            Map.of("LOCKCLAIM_GATE", "/no/gate"),
            "run",
            "--lock",
            "a",
            "--etcd",
            "http://x:1",
            "--",
            "true");
    programs.add(noGate);
    assertThat(noGate.status()).isEqualTo(2);
    assertThat(noGate.output()).contains("/no/gate").contains("LOCKCLAIM_GATE");
  }
}
