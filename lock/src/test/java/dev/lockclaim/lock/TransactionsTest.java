package dev.lockclaim.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.Outcome;
import dev.lockclaim.lock.etcd.Pending;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TransactionsTest {
  private static final Outcome DONE = new Outcome(true, new Snapshot(1, 8, List.of()));
  private static final EtcdStep STEP = new EtcdStep.Join();

  private final List<String> words = new ArrayList<>();
  private final List<Transactions.Work> apart = new ArrayList<>();
  private final TestingPending request = new TestingPending();
  private final TestingAlarms alarms = new TestingAlarms();
  private final Transactions transactions =
      new Transactions(
          step -> request,
          alarms,
          new Transactions.Words() {
            @Override
            public void done(EtcdStep step, Outcome outcome, long sentRevision) {
              assertThat(step).isEqualTo(STEP);
              words.add("done " + outcome.snapshot().revision() + " after " + sentRevision);
            }

            @Override
            public void failed(EtcdStep step, EtcdFailure failure) {
              assertThat(step).isEqualTo(STEP);
              words.add("failed: " + failure.getMessage());
            }
          },
          apart::add);

  @AfterEach
  void end() {
    alarms.shutdownNow();
  }

  @Test
  void tellsTheAnswerOnTheThreadThatItComesOn() {
    send();
    assertThat(words).isEmpty();
    request.answer = () -> DONE;
    request.settle();
    assertThat(words).containsExactly("done 8 after 7");
    assertThat(apart).as("threads of their own").isEmpty();
    assertThat(alarms.cancelled()).as("its alarm is taken back").isTrue();
  }

  @Test
  void tellsAnAnswerThatWasThereAtOnce() {
    request.answer = () -> DONE;
    request.isSettled = true;
    send();
    assertThat(words).containsExactly("done 8 after 7");
  }

  /** A refused token is asked for anew, a connection is closed: both may block. */
  @Test
  void looksIntoAFailureByAThreadOfItsOwn() throws Exception {
    send();
    request.settle();
    assertThat(words).isEmpty();
    runApart();
    assertThat(words).containsExactly("failed: not served");
    assertThat(request.awaited).containsExactly(Transactions.DEADLINE);
  }

  /** There was no connection: it is sent by who awaits it. */
  @Test
  void awaitsWhatCouldNotBeSent() throws Exception {
    request.isSettled = true;
    send();
    request.answer = () -> DONE;
    runApart();
    assertThat(words).containsExactly("done 8 after 7");
    assertThat(request.awaited).containsExactly(Transactions.DEADLINE);
  }

  @Test
  void givesUpAtTheDeadlineAndHearsNoLateAnswer() throws Exception {
    send();
    assertThat(alarms.delay).isEqualTo(Transactions.DEADLINE);
    alarms.ring();
    runApart();
    assertThat(request.awaited).as("the time is over").containsExactly(Duration.ZERO);
    request.answer = () -> DONE;
    request.settle();
    assertThat(words).containsExactly("failed: not served");
    assertThat(apart).hasSize(1);
  }

  @Test
  void givesAnAnswerThatCannotBeReadToWhoCanTellOfIt() {
    send();
    request.answer =
        () -> {
          throw new IllegalStateException("no such answer");
        };
    request.settle();
    assertThat(words).isEmpty();
    assertThatThrownBy(this::runApart).hasMessage("no such answer");
  }

  private void send() {
    transactions.send(new Action.Perform(STEP, new Step(List.of(), List.of()), 7));
  }

  private void runApart() throws InterruptedException {
    assertThat(apart).hasSize(1);
    apart.getFirst().run();
  }

  private interface Answer {
    Outcome read();
  }

  private static final class TestingPending implements Pending<Outcome> {
    final List<Duration> awaited = new ArrayList<>();
    Answer answer;
    boolean isSettled;
    private Runnable then;

    void settle() {
      isSettled = true;
      then.run();
    }

    @Override
    public Outcome await(Duration deadline) throws EtcdFailure {
      awaited.add(deadline);
      if (answer == null) {
        throw new EtcdFailure(EtcdFailure.Kind.UNKNOWN, "not served", null);
      }
      return answer.read();
    }

    @Override
    public void whenSettled(Runnable next) {
      then = next;
      if (isSettled) {
        next.run();
      }
    }

    @Override
    public Optional<Outcome> answered() {
      return Optional.ofNullable(answer).map(Answer::read);
    }
  }

  /** One alarm, that rings when the test says so. */
  private static final class TestingAlarms extends ScheduledThreadPoolExecutor {
    Duration delay;
    private Runnable alarm;
    private ScheduledFuture<?> scheduled;

    TestingAlarms() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long time, TimeUnit unit) {
      alarm = command;
      delay = Duration.of(time, unit.toChronoUnit());
      scheduled = super.schedule(() -> {}, 1, TimeUnit.HOURS);
      return scheduled;
    }

    void ring() {
      alarm.run();
    }

    boolean cancelled() {
      return scheduled.isCancelled();
    }
  }
}
