package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.EtcdFolder;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Snapshot;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls to a real etcd over links that fail. */
@Timeout(60)
final class EtcdFaultsTest {
  private static final Duration SOON = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final String PREFIX = "/test/lock/";

  @TempDir Path root;
  private TestingEtcd etcd;
  private TestingLink link;

  @BeforeEach
  void start() throws IOException {
    etcd = new TestingEtcd(root, "--auth-token-ttl=1");
    link = new TestingLink(URI.create(etcd.url()).getPort());
  }

  @AfterEach
  void stop() throws IOException {
    link.close();
    etcd.close();
  }

  @Test
  void t4ARenewalThatAMemberDoesNotAnswerGoesToTheNextOne() throws Exception {
    try (Etcd both = open(link.url() + "," + etcd.url())) {
      long lease = both.grant(60, LONG).lease(); // over the link, and it works
      link.swallow();
      assertThatThrownBy(() -> both.renew(lease, SOON)).isInstanceOf(EtcdFailure.class);
      assertThat(both.renew(lease, LONG).ttlSeconds()).isEqualTo(60);
    }
  }

  @Test
  void theMembersAreThoseThatTheFolderNamesAtTheNextRenewal() throws Exception {
    try (Etcd keys = open(link.url())) {
      long lease = keys.grant(60, LONG).lease();
      put(keys, "a");
      link.close(); // that address is gone for good
      assertThatThrownBy(() -> keys.renew(lease, SOON)).isInstanceOf(EtcdFailure.class);
      folder("not a member"); // while somebody writes it, or for longer
      assertThatThrownBy(() -> keys.renew(lease, SOON)).isInstanceOf(EtcdFailure.class);
      folder(etcd.url());
      assertThat(keys.renew(lease, LONG).ttlSeconds()).isEqualTo(60);
      assertThat(keys.members()).isEqualTo(1);
      folder(link.url() + "," + etcd.url()); // who answers is asked on
      assertThat(keys.renew(lease, LONG).ttlSeconds()).isEqualTo(60);
      assertThat(keys.members()).isEqualTo(2);
    }
  }

  @Test
  @Timeout(20)
  void t5EveryCallEndsWithItsDeadline() throws Exception {
    link.swallow();
    try (Etcd swallowed = open(link.url())) {
      Step step = new Step(List.of(), List.of(new Step.Write.Put("key", "value", 0)));
      List<ThrowingCallable> calls =
          List.of(
              () -> swallowed.version(SOON),
              () -> swallowed.read(SOON),
              () -> swallowed.step(step, SOON),
              () -> swallowed.grant(60, SOON),
              () -> swallowed.renew(1, SOON),
              () -> swallowed.remaining(1, SOON),
              () -> swallowed.revoke(1, SOON));
      for (ThrowingCallable call : calls) {
        assertThatThrownBy(call).isInstanceOf(EtcdFailure.class);
      }
    }
  }

  @Test
  void t5ATransactionThatIsOnItsWayEndsWithItsDeadline() throws Exception {
    try (Etcd keys = open(link.url())) {
      put(keys, "a"); // there is a connection, so the next one is sent at once
      link.swallow();
      Step step = new Step(List.of(), List.of(new Step.Write.Put("b", "value", 0)));
      assertThatThrownBy(() -> keys.send(step).await(SOON)).isInstanceOf(EtcdFailure.class);
    }
  }

  @Test
  void l8AConnectionThatTakesLongerThanOneTryIsNotBegunAnewEachTime() throws Exception {
    link.beginSlowly(3 * SOON.toMillis());
    try (Etcd direct = open(etcd.url());
        Etcd slow = open(link.url())) {
      long lease = direct.grant(60, LONG).lease();
      boolean renewed = false;
      for (int tries = 0; tries < 30 && !renewed; tries++) {
        try {
          renewed = slow.renew(lease, SOON).ttlSeconds() == 60;
        } catch (EtcdFailure notYet) {
          assertThat(notYet.kind()).isEqualTo(EtcdFailure.Kind.UNKNOWN);
        }
      }
      assertThat(renewed).isTrue();
    }
  }

  @Test
  void t6AWatchWhoseRevisionsAreGoneEndsAndSaysSo() throws Exception {
    try (Etcd keys = open(etcd.url())) {
      Snapshot before = keys.read(LONG);
      put(keys, "a");
      put(keys, "b");
      etcd.ctl("compact", String.valueOf(keys.read(LONG).revision()));
      Heard heard = new Heard();
      try (var _ = keys.watch(before, heard)) {
        assertThat(heard.ended.poll(20, TimeUnit.SECONDS)).contains("are compacted");
      }
    }
  }

  @Test
  void t6AWatchWhoseConnectionIsCutEndsAndSaysSo() throws Exception {
    try (Etcd keys = open(link.url())) {
      Heard heard = new Heard();
      try (var _ = keys.watch(keys.read(LONG), heard)) {
        put(keys, "a");
        assertThat(heard.next()).isEqualTo("a");
        link.cut();
        assertThat(heard.ended.poll(20, TimeUnit.SECONDS)).isNotNull();
      }
    }
  }

  @Test
  void t11AWatchHearsAllThatHappenedAfterTheRead() throws Exception {
    try (Etcd keys = open(etcd.url())) {
      Snapshot before = keys.read(LONG);
      put(keys, "between");
      Heard heard = new Heard();
      try (var _ = keys.watch(before, heard)) {
        assertThat(heard.next()).isEqualTo("between");
        put(keys, "after");
        assertThat(heard.next()).isEqualTo("after");
      }
    }
  }

  @Test
  void h6AWatchOnAnotherEtcdThanTheOneThatWasReadEndsAtOnce() throws Exception {
    try (Etcd keys = open(etcd.url())) {
      Snapshot read = keys.read(LONG);
      Snapshot another = new Snapshot(read.clusterId() + 1, read.revision(), List.of());
      Heard heard = new Heard();
      try (var _ = keys.watch(another, heard)) {
        put(keys, "a");
        assertThat(heard.ended.poll(20, TimeUnit.SECONDS)).contains("another etcd");
        assertThat(heard.keys).isEmpty();
      }
    }
  }

  @Test
  void t19ATokenThatEtcdHasForgottenCostsNoCall() throws Exception {
    etcd.ctl("user", "add", "root:secret");
    etcd.ctl("user", "grant-role", "root", "root");
    etcd.ctl("auth", "enable");
    Path folder = folder(etcd.url());
    Files.writeString(folder.resolve("username"), "root");
    Files.writeString(folder.resolve("password"), "secret");
    try (Etcd keys = Etcd.open(new EtcdFolder(folder), PREFIX)) {
      long lease = keys.grant(60, LONG).lease();
      Thread.sleep(Duration.ofSeconds(3)); // the thing itself: the token's time passes
      assertThat(keys.renew(lease, LONG).ttlSeconds()).isEqualTo(60);
      final long before = keys.head(LONG).revision();
      Thread.sleep(Duration.ofSeconds(3));
      put(keys, "once");
      assertThat(keys.head(LONG).revision()).isEqualTo(before + 1);
    }
  }

  /** A channel of gRPC would wait for 1, 1.6, 2.6 s before it connects again. */
  @Test
  void aMemberThatComesBackIsReachedAgain() throws Exception {
    try (Etcd keys = open(link.url())) {
      put(keys, "a");
      link.cut();
      long until = System.nanoTime() + Duration.ofSeconds(4).toNanos();
      while (System.nanoTime() < until) {
        assertThatThrownBy(() -> keys.read(SOON)).isInstanceOf(EtcdFailure.class);
      }
      link.mend();
      Awaitility.await()
          .ignoreExceptionsInstanceOf(EtcdFailure.class) // it pauses a little between connections
          .atMost(LONG)
          .until(() -> keys.read(SOON).entries().size() == 1);
    }
  }

  private static void put(Etcd keys, String key) throws EtcdFailure, InterruptedException {
    keys.step(new Step(List.of(), List.of(new Step.Write.Put(key, "value", 0))), LONG);
  }

  private Etcd open(String endpoints) throws IOException {
    return Etcd.open(new EtcdFolder(folder(endpoints)), PREFIX);
  }

  private Path folder(String endpoints) throws IOException {
    Path folder = Files.createDirectories(root.resolve("links"));
    Files.writeString(folder.resolve("endpoints"), endpoints);
    return folder;
  }

  private static final class Heard implements Etcd.Listener {
    private final BlockingQueue<String> keys = new LinkedBlockingQueue<>();
    final BlockingQueue<String> ended = new LinkedBlockingQueue<>();

    String next() throws InterruptedException {
      return keys.poll(20, TimeUnit.SECONDS);
    }

    @Override
    public void changes(List<Change> changes) {
      for (Change change : changes) {
        if (change instanceof Change.Put put) {
          keys.add(put.entry().key());
        }
      }
    }

    @Override
    public void ended(String why) {
      ended.add(why);
    }
  }
}
