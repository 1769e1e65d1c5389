package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.state.StateFile;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Candidates on a real etcd. */
final class CandidateTest {
  private static final Duration HANG = Duration.ofSeconds(60);
  private static final String PREFIX = "/test/default/lock/";

  @TempDir Path root;
  private TestingEtcd etcd;
  private final List<Candidate> candidates = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    etcd = new TestingEtcd(root);
  }

  @AfterEach
  void stop() {
    candidates.forEach(Candidate::close);
    etcd.close();
  }

  @Test
  void theFirstInLineRunsAndTheOthersWait() throws IOException {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    TestingMain second = join("second");
    await(() -> candidates.getLast().status().position() == 1);
    assertThat(second.token()).isZero();
  }

  @Test
  void aYieldHandsOverWithAHigherToken() throws IOException {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    final long token = first.token();
    TestingMain second = join("second");
    await(() -> candidates.getFirst().status().candidates() == 1);
    assertThat(candidates.getFirst().giveUp(false, Optional.empty()))
        .isEqualTo(new YieldResult.Accepted());
    await(() -> second.token() != 0);
    assertThat(second.token()).isGreaterThan(token);
    assertThat(first.said()).containsExactly("run " + token, "stop " + token);
  }

  @Test
  void mainMayYieldAsSoonAsItIsToldToRun() throws IOException {
    AtomicReference<YieldResult> result = new AtomicReference<>();
    TestingMain main = new TestingMain();
    main.whenRun(
        () -> {
          if (result.get() == null) {
            result.set(candidates.getFirst().giveUp(true, Optional.empty()));
          }
        });
    open("first", main).ready(true);
    await(() -> result.get() != null);
    assertThat(result.get()).isEqualTo(new YieldResult.Accepted());
  }

  @Test
  void aYieldWithNobodyInLineIsDeclined() throws IOException {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    assertThat(candidates.getFirst().giveUp(false, Optional.empty()))
        .isInstanceOfSatisfying(
            YieldResult.Declined.class, no -> assertThat(no.sentence()).contains("force"));
  }

  @Test
  void aMainThatEndsByItselfGivesTheTokenAwayForGood() throws IOException {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    long token = first.token();
    candidates.getFirst().ended(token, new Ending(false, 3, Ending.Next.WAIT, true));
    await(() -> first.said().size() == 2);
    assertThat(first.said().getLast()).isNotEqualTo("run " + token).startsWith("run ");
  }

  @Test
  void aHolderWhoseKeyIsGoneStopsMain() throws Exception {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    final long token = first.token();
    try (Etcd hand = etcd.open(PREFIX)) {
      hand.step(
          new Step(List.of(), List.of(new Step.Write.Delete(LockKeys.holder(0)))),
          Duration.ofSeconds(5));
    }
    await(() -> first.said().contains("stop " + token));
  }

  @Test
  void aLeaseThatIsRevokedIsALoss() throws Exception {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    final long token = first.token();
    long lease = candidates.getFirst().settledStatus().held().orElseThrow().lease();
    try (Etcd hand = etcd.open(PREFIX)) {
      hand.revoke(lease, Duration.ofSeconds(5));
    }
    await(() -> first.said().contains("stop " + token));
    await(() -> first.token() > token);
  }

  @Test
  void h6AnotherEtcdInsteadOfTheFormerOneIsALossAlsoWhileTheFormerOneGoesOn() throws IOException {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    final long token = first.token();
    try (TestingEtcd other = new TestingEtcd(Files.createDirectories(root.resolve("other")))) {
      etcd.moveTo(other);
      await(() -> first.said().contains("stop " + token));
      await(() -> candidates.getFirst().status().trouble().contains("restored or replaced"));
      assertThat(first.token()).isZero();
    }
  }

  @Test
  void gatesThatAreNotReadyKeepThePodOutOfLine() throws IOException {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    join("second");
    await(() -> candidates.getLast().status().position() == 1);
    candidates.getLast().ready(false);
    await(() -> candidates.getLast().status().position() == 0);
  }

  @Test
  void anotherSidecarOfThePodTakesTheLeaseUp() throws IOException {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    final long token = first.token();
    candidates.removeFirst().close(); // main runs: nothing is given back
    TestingMain next = new TestingMain();
    Candidate second = open("first", next);
    second.started(token);
    await(() -> second.status().state() == CandidateStatus.State.ACTIVE);
    assertThat(second.status().held().orElseThrow().token()).isEqualTo(token);
    assertThat(next.said()).isEmpty();
    second.ended(token, new Ending(true, 0, Ending.Next.EXIT, true));
  }

  @Test
  void aTokenThatRanUnderAFormerSidecarIsNotRunAgain() throws IOException {
    TestingMain first = join("first");
    await(() -> first.token() != 0);
    long token = first.token();
    candidates.removeFirst().close();
    TestingMain next = join("first"); // its gates wait: what ran is gone
    await(() -> next.token() != 0);
    assertThat(next.token()).isGreaterThan(token);
  }

  private TestingMain join(String pod) throws IOException {
    TestingMain main = new TestingMain();
    open(pod, main).ready(true);
    return main;
  }

  private Candidate open(String pod, TestingMain main) throws IOException {
    Path folder = Files.createDirectories(root.resolve(pod));
    Candidate candidate =
        new Candidate(
            new CandidateConfig(
                "default",
                "lock",
                new Identity(pod, pod + "-uid", "node", "r1", 0),
                5,
                1,
                OptionalInt.of(1)),
            etcd.open(PREFIX),
            StateFile.open(folder, pod + "-uid", Duration.ofSeconds(5)),
            BootClock.system(),
            main,
            new LockObserver() {});
    main.join(candidate);
    candidates.add(candidate);
    candidate.start();
    return candidate;
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(HANG).pollInterval(Duration.ofMillis(20)).until(condition);
  }
}
