package dev.lockclaim.lock;

import static java.lang.Thread.State.TERMINATED;
import static java.lang.Thread.State.TIMED_WAITING;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class LoopTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final List<String> heard = new ArrayList<>(); // by the thread alone
  private final Semaphore told = new Semaphore(0);
  private LongSupplier decide = () -> HOUR;
  private Runnable whenTold = () -> {};

  private final Loop loop =
      new Loop(
          thread,
          new Loop.Turns() {
            @Override
            public long turn() {
              heard.add("turn");
              return decide.getAsLong();
            }

            @Override
            public void tell() {
              heard.add("tell");
              whenTold.run();
              told.release();
            }
          });

  @AfterEach
  void end() {
    thread.shutdownNow();
  }

  @Test
  void decidesOnceAfterAllThatWasSaid() throws Exception {
    loop.say(() -> heard.add("one"));
    loop.say(() -> heard.add("two"));
    loop.say(() -> heard.add("three"));
    assertThat(whatWasHeard()).as("before the start").isEmpty();
    loop.start();
    told.acquire();
    assertThat(whatWasHeard()).containsExactly("one", "two", "three", "turn", "tell");
  }

  /** Who is told may take its time: the next one in line must not wait for that. */
  @Test
  void decidesAgainBeforeItTellsWhatCameOfIt() throws Exception {
    decide =
        () -> {
          if (heard.size() < 2) {
            loop.say(() -> heard.add("word of a turn"));
          }
          return HOUR;
        };
    loop.start();
    told.acquire();
    assertThat(whatWasHeard()).containsExactly("turn", "word of a turn", "turn", "tell");
  }

  /** A request leaves by a task of the thread that is queued when it is sent. */
  @Test
  void letsWhatTheLastTurnHasSentGoOutBeforeItTellsOfTheOneBefore() throws Exception {
    decide =
        () -> {
          if (heard.size() < 2) {
            loop.say(() -> heard.add("word of a turn"));
          } else {
            thread.execute(() -> heard.add("request goes out"));
          }
          return HOUR;
        };
    loop.start();
    told.acquire();
    assertThat(whatWasHeard())
        .containsExactly("turn", "word of a turn", "turn", "request goes out", "tell");
  }

  /** What etcd says is said by the thread itself; what else has come with it may take long. */
  @Test
  void decidesAtOnceOnWhatTheThreadItselfSays() throws Exception {
    loop.start();
    told.acquire();
    thread.execute(
        () -> {
          loop.say(() -> heard.add("answer"));
          heard.add("next answer");
        });
    told.acquire();
    assertThat(whatWasHeard())
        .containsExactly("turn", "tell", "answer", "turn", "next answer", "tell");
  }

  /** Main may ask for the state as soon as it runs: what it is told must say that it runs. */
  @Test
  void whoAsksWhileADecisionIsCarriedOutIsToldOfIt() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    decide =
        () -> {
          ran.countDown();
          await(goOn);
          thread.execute(() -> thread.execute(() -> await(asked))); // before what is told later
          return HOUR;
        };
    loop.start();
    ran.await();
    assertThat(toldToWhoAsks(goOn, asked)).isEqualTo(1);
  }

  @Test
  void whoAsksIsToldAlsoOfWhatCameOfBeingTold() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    whenTold =
        () -> {
          whenTold = () -> {};
          loop.say(() -> {}); // is decided on at once: it is the thread itself that says it
          thread.execute(() -> await(goOn)); // before that is told
        };
    loop.start();
    told.acquire();
    assertThat(toldToWhoAsks(goOn, new CountDownLatch(1))).isEqualTo(1);
  }

  @Test
  void whoAsksGetsAnAnswerAlsoWhileTheThreadIsBusy() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    thread.execute(() -> await(goOn));
    loop.start();
    settle(Duration.ofMillis(50));
    assertThat(told.availablePermits()).isZero();
    goOn.countDown();
    told.acquire();
  }

  @Test
  void whoAsksAfterTheEndDoesNotWait() {
    thread.shutdownNow();
    settle(Duration.ofDays(1));
  }

  @Test
  void tellsAlsoWhenThereIsAlwaysMoreToDecide() throws Exception {
    decide =
        () -> {
          loop.say(() -> {});
          return HOUR;
        };
    loop.start();
    told.acquire(3);
  }

  @Test
  void decidesAgainWhenTheTimeHasCome() throws Exception {
    decide = () -> -5; // it has come already
    loop.start();
    told.acquire(3);
  }

  /** A word that fails is the last of nothing. */
  @Test
  void goesOnAfterAWordThatFails() throws Exception {
    loop.say(
        () -> {
          throw new AssertionError("a word that fails, as this test wants it");
        });
    loop.say(() -> heard.add("next"));
    loop.start();
    told.acquire();
    assertThat(whatWasHeard()).contains("next", "turn", "tell");
  }

  @Test
  void hearsNothingOnceItIsClosed() throws Exception {
    loop.start();
    told.acquire();
    assertThat(loop.close(Duration.ofSeconds(10))).isTrue();
    loop.say(() -> heard.add("late"));
    assertThat(whatWasHeard()).containsExactly("turn", "tell");
    thread.shutdownNow();
    assertThat(loop.close(Duration.ofSeconds(10))).as("closed once more").isTrue();
  }

  /** A decision that is under way uses files that are closed next. */
  @Test
  void isClosedOnlyAfterTheTurnThatIsUnderWay() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    loop.say(
        () -> {
          began.countDown();
          await(mayEnd);
        });
    loop.start();
    began.await();
    assertThat(loop.close(Duration.ofMillis(1))).isFalse();
    mayEnd.countDown();
    assertThat(loop.close(Duration.ofSeconds(10))).isTrue();
  }

  /** What is told last is what people see of a pod that has left. */
  @Test
  void tellsWhatCameOfTheLastTurnBeforeItIsClosed() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    CountDownLatch began = new CountDownLatch(1);
    decide =
        () -> {
          began.countDown();
          await(mayEnd);
          return HOUR;
        };
    loop.start();
    began.await();
    loop.say(() -> heard.add("so that another turn is due"));
    assertThat(loop.close(Duration.ofMillis(1))).isFalse();
    mayEnd.countDown();
    assertThat(loop.close(Duration.ofSeconds(10))).isTrue();
    assertThat(whatWasHeard()).endsWith("tell");
    assertThat(told.availablePermits())
        .isEqualTo(whatWasHeard().stream().filter("tell"::equals).count());
  }

  @Test
  void isNoBotherOnceItsThreadHasEnded() throws Exception {
    thread.shutdownNow();
    loop.start();
    loop.say(() -> heard.add("nobody hears it"));
    assertThat(loop.close(Duration.ofSeconds(10))).isTrue();
  }

  private List<String> whatWasHeard() throws Exception {
    return thread.submit(() -> List.copyOf(heard)).get();
  }

  /** How often it was told by when somebody who asks has his answer; he asks before it goes on. */
  private int toldToWhoAsks(CountDownLatch goOn, CountDownLatch asked) throws Exception {
    AtomicInteger toldBefore = new AtomicInteger();
    Thread main =
        Thread.ofPlatform()
            .start(
                () -> {
                  settle(Duration.ofSeconds(20));
                  toldBefore.set(told.availablePermits());
                  asked.countDown();
                });
    Awaitility.await()
        .until(main::getState, state -> state == TIMED_WAITING || state == TERMINATED);
    goOn.countDown();
    main.join();
    return toldBefore.get();
  }

  private void settle(Duration patience) {
    try {
      loop.settle(patience);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
