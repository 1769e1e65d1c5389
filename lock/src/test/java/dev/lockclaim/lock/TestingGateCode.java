package dev.lockclaim.lock;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The gate's state machine: the very code of gate/src/state.c, built from the tree and called in
 * this process. A state is plain memory, so it can be copied and compared. See
 * gate/test/state_library.c.
 */
@SuppressWarnings("EnumOrdinal") // the library itself holds the numbers to their names
final class TestingGateCode {
  /** The phases of a gate. */
  enum Phase {
    WAITING,
    STARTING,
    RUNNING,
    STOPPING,
    KILLING,
    LEAVING
  }

  /** What can happen to a gate. */
  enum Event {
    COMMAND,
    EXECUTED,
    NOT_STARTED,
    MAIN_ENDED,
    EMPTY,
    SIGNAL,
    JUMP,
    DELIVERED,
    TIME
  }

  /** What a sidecar says. */
  enum Command {
    HELLO,
    RUN,
    TIMES,
    STOP
  }

  /** What a gate does. */
  enum Act {
    SAY,
    START,
    SIGNAL_MAIN,
    KILL_ALL,
    EXIT
  }

  /** What a gate says. */
  private enum Word {
    HELLO,
    STARTED,
    REFUSED,
    STOPPING,
    ENDED,
    BEAT
  }

  /**
   * One thing that the gate does.
   *
   * @param line what it says, null for a beat and for what is not said
   */
  record Done(Act act, TestingLine line) {}

  private static final int HEAD = 6;
  private static final int NUMBERS_PER_ACTION = 6;
  private static final int ACTIONS = 6;
  private static final int HELLO_NUMBERS = 6;
  private static final int FIELDS = 22;

  private static final Phase[] PHASES = Phase.values();
  private static final Act[] ACTS = Act.values();
  private static final Word[] WORDS = Word.values();
  private static final TestingLine.Why[] WHYS = TestingLine.Why.values();
  private static final TestingLine.Mode[] MODES = TestingLine.Mode.values();
  private static final Refusal[] REFUSALS = Refusal.values();

  private static final MethodHandle BEGIN = TestingGateLibrary.BEGIN;
  private static final MethodHandle STEP = TestingGateLibrary.STEP;
  private static final MethodHandle HELLO = TestingGateLibrary.HELLO;
  private static final MethodHandle TELL = TestingGateLibrary.TELL;
  private static final int LONGS = TestingGateLibrary.longs();

  private final long[] memory;
  private Phase phase = Phase.WAITING;
  private long nextNanos = Long.MAX_VALUE;
  private boolean exits;
  private boolean mainAlive;
  private boolean owed;
  private long highestRun;

  /** A gate's process that has just begun. */
  TestingGateCode(long terminationGraceNanos, boolean restartOnLoss) {
    memory = new long[LONGS];
    try {
      BEGIN.invokeExact(
          MemorySegment.ofArray(memory), terminationGraceNanos, restartOnLoss ? 1L : 0L);
    } catch (Throwable e) {
      throw new LinkageError("begin", e);
    }
  }

  private TestingGateCode(TestingGateCode other) {
    memory = other.memory.clone();
    phase = other.phase;
    nextNanos = other.nextNanos;
    exits = other.exits;
    mainAlive = other.mainAlive;
    owed = other.owed;
    highestRun = other.highestRun;
  }

  TestingGateCode copy() {
    return new TestingGateCode(this);
  }

  /** Something happens but a command. */
  List<Done> step(Event event, long nowNanos, long aheadNanos) {
    return step(event, nowNanos, Command.HELLO, 0, 0, 0, aheadNanos);
  }

  /** The obeyed sidecar says something; the value is the grace of a STOP. */
  List<Done> command(
      Command command, long nowNanos, long token, long termNanos, long killNanos, long value) {
    return step(Event.COMMAND, nowNanos, command, token, termNanos, killNanos, value);
  }

  private List<Done> step(
      Event event,
      long nowNanos,
      Command command,
      long token,
      long termNanos,
      long killNanos,
      long value) {
    long[] out = new long[HEAD + ACTIONS * NUMBERS_PER_ACTION];
    int count;
    try {
      count =
          (int)
              (long)
                  STEP.invokeExact(
                      MemorySegment.ofArray(memory),
                      (long) event.ordinal(),
                      nowNanos,
                      (long) command.ordinal(),
                      token,
                      termNanos,
                      killNanos,
                      value,
                      MemorySegment.ofArray(out));
    } catch (Throwable e) {
      throw new LinkageError("step", e);
    }
    phase = PHASES[(int) out[0]];
    nextNanos = out[1];
    exits = out[2] != 0;
    mainAlive = out[3] != 0;
    owed = out[4] != 0;
    highestRun = out[5];
    List<Done> all = new ArrayList<>(count);
    for (int i = 0, at = HEAD; i < count; i++, at += NUMBERS_PER_ACTION) {
      Act act = ACTS[(int) out[at]];
      all.add(new Done(act, act == Act.SAY ? line(out, at + 1) : null));
    }
    return all;
  }

  private static TestingLine line(long[] out, int at) {
    long token = out[at + 1];
    return switch (WORDS[(int) out[at]]) {
      case STARTED -> new TestingLine.Started(token);
      case REFUSED -> new TestingLine.Refused(token, REFUSALS[(int) out[at + 2]]);
      case STOPPING -> new TestingLine.Stopping(token, WHYS[(int) out[at + 3]]);
      case ENDED -> new TestingLine.Ended(token, WHYS[(int) out[at + 3]], out[at + 4] != 0);
      case BEAT -> null;
      case HELLO -> throw new IllegalStateException("no step says HELLO");
    };
  }

  /** What a new connection hears first. */
  List<TestingLine> hello(int instance) {
    long[] out = new long[HELLO_NUMBERS];
    try {
      HELLO.invokeExact(MemorySegment.ofArray(memory), MemorySegment.ofArray(out));
    } catch (Throwable e) {
      throw new LinkageError("hello", e);
    }
    TestingLine here = new TestingLine.Here(instance, MODES[(int) out[0]], out[1]);
    return out[2] == 0
        ? List.of(here)
        : List.of(here, new TestingLine.Ended(out[3], WHYS[(int) out[4]], out[5] != 0));
  }

  /** Adds all that the next steps depend on. */
  void tell(TestingFingerprint print) {
    long[] out = new long[FIELDS];
    long times;
    try {
      times = (long) TELL.invokeExact(MemorySegment.ofArray(memory), MemorySegment.ofArray(out));
    } catch (Throwable e) {
      throw new LinkageError("fields", e);
    }
    for (int i = 0; i < FIELDS; i++) {
      if (i < times) {
        print.deadline(out[i]);
      } else {
        print.add(out[i]);
      }
    }
  }

  Phase phase() {
    return phase;
  }

  /** When the gate's own timer does something next. */
  long nextNanos() {
    return nextNanos;
  }

  boolean exits() {
    return exits;
  }

  boolean mainAlive() {
    return mainAlive;
  }

  boolean owed() {
    return owed;
  }

  long highestRun() {
    return highestRun;
  }
}
