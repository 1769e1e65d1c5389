package dev.lockclaim.sidecar.gates;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GateSetTest {
  private static final Times TIMES = new Times(100, 200);
  private static final long T = 7;

  private GateSet set;

  @BeforeEach
  void twoContainers() {
    set = of(RestartPolicy.ALWAYS, "a", "b");
  }

  @Test
  void h9L11IsReadyWhenEveryGateIsAndReadsOurClock() {
    on(hello(1, "a"));
    on(new Event.ClockCompared(1, true));
    on(hello(2, "b"));
    assertThat(on(new Event.ClockCompared(2, false))).isEmpty();
    assertThat(on(new Event.ClockCompared(2, true))).contains(new Command.Ready(true));
    assertThat(on(new Event.Lost(1))).containsExactly(new Command.Ready(false));
  }

  @Test
  void runsInAllAndSaysStartedOnce() {
    bothReady();
    assertThat(on(new Event.RunAsked(T, 0, TIMES)))
        .containsExactly(
            new Command.ShowToken(T),
            new Command.Send(1, new SidecarLine.Run(T, 0, TIMES)),
            new Command.Send(2, new SidecarLine.Run(T, 0, TIMES)));
    assertThat(on(said(1, new GateLine.Started(T, 0)))).isEmpty();
    assertThat(on(said(2, new GateLine.Started(T, 0)))).containsExactly(new Command.Started(T));
    assertThat(on(said(2, new GateLine.Started(T, 0)))).isEmpty();
  }

  @Test
  void l11DoesNotRunWhenAGateIsMissing() {
    on(hello(1, "a"));
    on(new Event.ClockCompared(1, true));
    assertThat(on(new Event.RunAsked(T, 0, TIMES)))
        .containsExactly(new Command.Refused(T, Refusal.STOPPING));
  }

  @Test
  void l11StopsTheOthersWhenOneEndsAndWaitsForThem() {
    bothRun();
    assertThat(on(said(1, ended(GateLine.Why.EXITED, 3, true))))
        .containsExactly(
            new Command.Stopping(T), new Command.Send(2, new SidecarLine.Stop(T, 3000)));
    List<Command> last = on(said(2, ended(GateLine.Why.STOP, 0, false)));
    assertThat(last)
        .containsExactly(
            new Command.ShowToken(0),
            new Command.Ready(false),
            new Command.Ended(T, new MainEnd(false, new ExitStatus.Exit(3), true, true, 0, false)));
  }

  @Test
  void c5H4AnEndOfConnectionIsNoEndOfMain() {
    bothRun();
    assertThat(on(new Event.Lost(1))).containsExactly(new Command.GateLost());
    on(new Event.StopAsked(T, 500));
    assertThat(on(said(2, ended(GateLine.Why.STOP, 0, false)))).isEmpty();
    // The gate comes back, still running, is told again, and ends.
    assertThat(on(hello(3, "a", "ia", GateLine.State.RUNNING, T)))
        .contains(new Command.Send(3, new SidecarLine.Stop(T, 500)));
    assertThat(on(said(3, ended(GateLine.Why.STOP, 0, false))))
        .contains(
            new Command.Ended(T, new MainEnd(true, new ExitStatus.Exit(0), false, true, 0, false)));
  }

  @Test
  void theLockIsToldWhenABrokenConnectionIsWholeAgain() {
    bothRun();
    on(new Event.Lost(1));
    on(new Event.Lost(2));
    assertThat(on(hello(3, "a", "ia", GateLine.State.RUNNING, T)))
        .doesNotContain(new Command.Started(T));
    assertThat(on(hello(4, "b", "ib", GateLine.State.RUNNING, T))).contains(new Command.Started(T));
    // A gate that only connects anew, because it found another socket, was never lost.
    assertThat(on(hello(5, "b", "ib", GateLine.State.RUNNING, T)))
        .doesNotContain(new Command.Started(T));
  }

  @Test
  void h3AStopOfATokenThatNobodyKnowsIsAskedOfAllGates() {
    bothReady(); // a former sidecar's RUN may lie unread
    assertThat(on(new Event.StopAsked(T, 500)))
        .containsExactly(
            new Command.Send(1, new SidecarLine.Stop(T, 500)),
            new Command.Send(2, new SidecarLine.Stop(T, 500)));
    assertThat(on(said(1, ended(GateLine.Why.STOP, 0, false)))).isEmpty();
    assertThat(on(said(2, ended(GateLine.Why.STOP, 0, false))))
        .hasAtLeastOneElementOfType(Command.Ended.class);
  }

  @Test
  void aMainThatIsNotTheOneThatIsToRunIsStopped() {
    bothRun();
    assertThat(on(said(1, new GateLine.Started(T + 1, 0))))
        .containsExactly(new Command.Send(1, new SidecarLine.Stop(T + 1, 3000)));
  }

  @Test
  void wordsOutOfOrderStartAndEndNothing() {
    assertThat(on(said(9, new GateLine.Started(T, 0)))).isEmpty(); // before HELLO
    assertThat(on(said(9, ended(GateLine.Why.STOP, 0, false)))).isEmpty();
    bothReady();
    assertThat(on(said(1, new GateLine.Refused(T, Refusal.LATE, 0)))).isEmpty();
    assertThat(on(said(1, ended(GateLine.Why.STOP, 0, false)))).isEmpty();
    assertThat(on(new Event.RunAsked(T + 1, 0, TIMES))).hasSize(3);
    assertThat(on(said(1, ended(GateLine.Why.EXITED, 0, false)))).isEmpty(); // of a token before
    assertThat(on(said(1, new GateLine.Refused(T, Refusal.STALE, 0)))).isEmpty();
    on(said(1, new GateLine.Started(T + 1, 0)));
    assertThat(on(said(2, new GateLine.Started(T + 1, 0))))
        .containsExactly(new Command.Started(T + 1));
    assertThat(on(said(2, new GateLine.Refused(T, Refusal.STALE, 0)))).isEmpty();
    assertThat(on(new Event.Lost(9))).isEmpty();
  }

  @Test
  void aNewGateInTheSameContainerMeansThatMainIsGone() {
    bothRun();
    on(new Event.Lost(1));
    assertThat(on(hello(3, "a", "other", GateLine.State.WAITING, 0)))
        .contains(
            new Command.Stopping(T),
            new Command.Send(3, new SidecarLine.Stop(T, 3000)),
            new Command.Send(2, new SidecarLine.Stop(T, 3000)));
  }

  @Test
  void aGateWhoseNamespaceWasSeenToEndRunsNothingAnyMore() {
    bothRun();
    on(new Event.Lost(1));
    assertThat(on(new Event.Gone("a")))
        .containsExactly(
            new Command.Stopping(T), new Command.Send(2, new SidecarLine.Stop(T, 3000)));
    assertThat(on(said(2, ended(GateLine.Why.STOP, 0, false))))
        .contains(
            new Command.Ended(T, new MainEnd(false, new ExitStatus.None(), true, true, 0, false)));
    assertThat(on(new Event.Gone("b"))).isEmpty();
  }

  /** A RUN that the gate has not read can have no effect any more. */
  @Test
  void aGateThatEndsBeforeItHasReadRunHasRunNothing() {
    set = of(RestartPolicy.NEVER, "a");
    on(hello(1, "a"));
    on(new Event.ClockCompared(1, true));
    on(new Event.RunAsked(T, 0, TIMES));
    assertThat(on(new Event.Gone("a")))
        .contains(
            new Command.Ended(T, new MainEnd(false, new ExitStatus.None(), true, false, 0, false)));
  }

  @Test
  void aSecondGateOfAContainerIsTurnedAwayWhileTheFirstIsConnected() {
    bothRun();
    assertThat(on(hello(3, "a", "other", GateLine.State.WAITING, 0)))
        .singleElement()
        .isInstanceOf(Command.Drop.class);
    assertThat(on(hello(4, "stranger", "x", GateLine.State.WAITING, 0)))
        .singleElement()
        .isInstanceOf(Command.Drop.class);
  }

  @Test
  void l12TakesUpWhatAFormerSidecarStarted() {
    assertThat(on(new Event.TimesAsked(T, TIMES))).isEmpty();
    assertThat(on(hello(1, "a", "ia", GateLine.State.RUNNING, T)))
        .contains(new Command.Send(1, new SidecarLine.Later(T, TIMES)));
    assertThat(on(hello(2, "b", "ib", GateLine.State.RUNNING, T))).contains(new Command.Started(T));
  }

  @Test
  void aHalfMainOfAFormerSidecarIsStopped() {
    on(hello(1, "a", "ia", GateLine.State.WAITING, 0));
    assertThat(on(hello(2, "b", "ib", GateLine.State.RUNNING, T)))
        .contains(
            new Command.Send(1, new SidecarLine.Stop(T, 3000)),
            new Command.Send(2, new SidecarLine.Stop(T, 3000)));
  }

  @Test
  void c14L1RefusedEverywhereHasRunNowhere() {
    bothReady();
    on(new Event.RunAsked(T, 0, TIMES));
    assertThat(on(said(1, new GateLine.Refused(T, Refusal.LATE, 0)))).isEmpty();
    assertThat(on(said(2, new GateLine.Refused(T, Refusal.LATE, 0))))
        .containsExactly(new Command.ShowToken(0), new Command.Refused(T, Refusal.LATE));
    assertThat(on(new Event.RunAsked(T, 0, TIMES))).hasSize(3);
  }

  @Test
  void refusedInOneIsStoppedInTheOther() {
    bothReady();
    on(new Event.RunAsked(T, 0, TIMES));
    on(said(1, new GateLine.Started(T, 0)));
    assertThat(on(said(2, new GateLine.Refused(T, Refusal.EXEC, 0))))
        .contains(new Command.Send(1, new SidecarLine.Stop(T, 3000)));
    assertThat(on(said(1, ended(GateLine.Why.STOP, 0, false))))
        .contains(
            new Command.Ended(
                T, new MainEnd(false, new ExitStatus.Exit(0), false, true, 0, false)));
  }

  @Test
  void laterTimesGoToWhatStillRuns() {
    bothRun();
    Times later = new Times(300, 400);
    on(said(1, ended(GateLine.Why.EXITED, 0, false)));
    assertThat(on(new Event.TimesAsked(T, later)))
        .containsExactly(new Command.Send(2, new SidecarLine.Later(T, later)));
    assertThat(on(new Event.TimesAsked(T + 1, later))).isEmpty();
  }

  @Test
  void l11WhatHasEndedForGoodDoesNotComeBack() {
    set = of(RestartPolicy.ON_FAILURE, "a");
    on(hello(1, "a"));
    on(new Event.ClockCompared(1, true));
    on(new Event.RunAsked(T, 0, TIMES));
    on(said(1, new GateLine.Started(T, 0)));
    assertThat(on(said(1, ended(GateLine.Why.EXITED, 0, true))))
        .contains(
            new Command.Ended(
                T, new MainEnd(false, new ExitStatus.Exit(0), true, false, 0, false)));
    assertThat(RestartPolicy.ON_FAILURE.comesBack(ended(GateLine.Why.EXITED, 1, true))).isTrue();
    assertThat(RestartPolicy.NEVER.comesBack(ended(GateLine.Why.EXITED, 1, true))).isFalse();
    assertThat(RestartPolicy.NEVER.comesBack(ended(GateLine.Why.STOP, 1, false))).isTrue();
    assertThat(RestartPolicy.ALWAYS.comesBack(ended(GateLine.Why.EXITED, 0, true))).isTrue();
  }

  private static GateSet of(RestartPolicy policy, String... containers) {
    return GateSet.of(new GateSet.Config(List.of(containers), 3000, policy));
  }

  private void bothReady() {
    on(hello(1, "a"));
    on(hello(2, "b"));
    on(new Event.ClockCompared(1, true));
    on(new Event.ClockCompared(2, true));
  }

  private void bothRun() {
    bothReady();
    on(new Event.RunAsked(T, 0, TIMES));
    on(said(1, new GateLine.Started(T, 0)));
    on(said(2, new GateLine.Started(T, 0)));
  }

  private List<Command> on(Event event) {
    GateSet.Step step = set.on(event);
    set = step.gates();
    List<Command> commands = new ArrayList<>(step.commands());
    commands.removeIf(Command.Greet.class::isInstance);
    return commands;
  }

  private static Event hello(long link, String container) {
    return hello(link, container, "i" + container, GateLine.State.WAITING, 0);
  }

  private static Event hello(
      long link, String container, String instance, GateLine.State state, long token) {
    return said(link, new GateLine.Hello(container, instance, state, token, 0, 0));
  }

  private static Event said(long link, GateLine line) {
    return new Event.Said(link, line);
  }

  private static GateLine.Ended ended(GateLine.Why why, int code, boolean leaving) {
    return new GateLine.Ended(T, new ExitStatus.Exit(code), why, leaving, 0, 0);
  }
}
