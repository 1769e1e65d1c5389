package dev.lockclaim.lock;

import dev.lockclaim.lock.TestingGateCode.Command;
import dev.lockclaim.lock.TestingGateCode.Event;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A container: the gate's own state machine, its connections, and the processes of main. Times are
 * of its machine's clock. The gate itself is never paused; that is not promised either.
 */
final class TestingGate {
  /** From SIGKILL to the last process, at the most: assumption 3 of docs/guarantees.md. */
  static final long KILL_NANOS = 500_000_000L;

  /** What Kubernetes gives a pod that names none. */
  private static final long TERMINATION_GRACE_NANOS = 30_000_000_000L;

  private static final TestingLine EOF = new TestingLine.Eof();

  enum State {
    /** No main. */
    WAITING,
    /** Main exists. */
    RUNNING,
    /** Main is being ended. */
    ENDING,
    /** All has ended; the gate's last words are on their way. */
    LEAVING,
    /** The gate's process is no more; of main something may linger. */
    GONE
  }

  /** One connection; each side reads when it likes. */
  static final class Connection {
    final Deque<TestingLine> toGate = new ArrayDeque<>(2);
    final Deque<TestingLine> toSidecar = new ArrayDeque<>(4);
    boolean closed;

    Connection copy() {
      Connection copy = new Connection();
      copy.toGate.addAll(toGate);
      copy.toSidecar.addAll(toSidecar);
      copy.closed = closed;
      return copy;
    }
  }

  final int instance;
  State state = State.WAITING;
  long token;

  /** All connections; the obeyed one is the first of those that said hello. */
  List<Connection> connections = new ArrayList<>(2);

  private final boolean slowExec;
  private TestingGateCode code;
  private Connection obeyed;
  private int highestSidecar;
  private boolean processes;
  private boolean execPending;
  private long killedNanos = Long.MAX_VALUE;

  /** A first one, whose main is executed at once. */
  TestingGate() {
    this(1, false, false);
  }

  /**
   * A container that has just begun.
   *
   * @param slowExec whether somebody says when execve is done
   */
  TestingGate(int instance, boolean slowExec, boolean restartOnLoss) {
    this.instance = instance;
    this.slowExec = slowExec;
    code = new TestingGateCode(TERMINATION_GRACE_NANOS, restartOnLoss);
  }

  /** A copy, with copies of the connections in {@code from} and of its own in {@code to}. */
  TestingGate copy(List<Connection> from, List<Connection> to) {
    TestingGate copy = new TestingGate(instance, slowExec, code.copy());
    copy.state = state;
    copy.token = token;
    copy.highestSidecar = highestSidecar;
    copy.processes = processes;
    copy.execPending = execPending;
    copy.killedNanos = killedNanos;
    for (Connection connection : connections) {
      copy.connections.add(twin(connection, from, to));
    }
    copy.obeyed = obeyed == null ? null : twin(obeyed, from, to);
    return copy;
  }

  private TestingGate(int instance, boolean slowExec, TestingGateCode code) {
    this.instance = instance;
    this.slowExec = slowExec;
    this.code = code;
  }

  static Connection twin(Connection one, List<Connection> from, List<Connection> to) {
    int index = from.indexOf(one);
    if (index < 0) {
      from.add(one);
      to.add(one.copy());
      index = from.size() - 1;
    }
    return to.get(index);
  }

  void tell(TestingFingerprint print) {
    print.add(instance);
    print.value(state);
    print.add((processes ? 1 : 0) + (execPending ? 2 : 0));
    print.past(killedNanos, KILL_NANOS);
    if (state == State.GONE) {
      return;
    }
    code.tell(print);
    print.add(highestSidecar);
    for (Connection connection : connections) {
      print.add(connection == obeyed ? 1 : 2);
      connection.toGate.forEach(print::value);
      print.add(3);
    }
  }

  // ---- questions

  /** Whether a process of main exists. */
  boolean mainExists() {
    return processes;
  }

  /** Whether the gate's process is no more, but something of main is. */
  boolean lingers() {
    return state == State.GONE && processes;
  }

  /** Whether the gate is going to leave. */
  boolean exits() {
    return state == State.GONE || code.exits();
  }

  /** Whether execve is under way. */
  boolean isStarting() {
    return execPending;
  }

  /** Whether the gate has something to find out by looking: were its last words read? */
  boolean maySeeDelivered() {
    boolean speaking = state == State.LEAVING || (state == State.WAITING && code.owed());
    return speaking
        && (obeyed != null ? obeyed.toSidecar.isEmpty() : state == State.LEAVING && !code.owed());
  }

  // ---- the sidecar

  void connect(Connection connection) {
    // One that has been silent so far is no longer the newest.
    for (Connection silent : List.copyOf(connections)) {
      if (silent != obeyed) {
        close(silent);
      }
    }
    connection.toSidecar.addAll(code.hello(instance));
    connections.add(connection);
  }

  /** Reads one line of a connection. */
  void read(Connection connection, long now) {
    TestingLine line = connection.toGate.poll();
    switch (line) {
      case TestingLine.Hello(int sidecar) -> hello(connection, sidecar);
      case TestingLine.Run(long which, long term, long kill) ->
          act(code.command(Command.RUN, now, which, term, kill, 0), now);
      case TestingLine.Times(long which, long term, long kill) ->
          act(code.command(Command.TIMES, now, which, term, kill, 0), now);
      case TestingLine.Stop(long which, long grace) ->
          act(code.command(Command.STOP, now, which, 0, 0, grace), now);
      default -> throw new IllegalStateException("on the way to the gate: " + line);
    }
  }

  /** As link.c does it: the obeyed one is closed unread when another takes its place. */
  private void hello(Connection from, int sidecar) {
    if (sidecar < highestSidecar) {
      close(from);
      return;
    }
    highestSidecar = sidecar;
    if (from != obeyed) {
      if (obeyed != null) {
        close(obeyed);
      }
      obeyed = from;
    }
  }

  private void close(Connection connection) {
    connection.closed = true;
    connection.toGate.clear();
    connection.toSidecar.add(EOF);
    connections.remove(connection);
    if (obeyed == connection) {
      obeyed = null;
    }
  }

  // ---- time, and what happens to main

  /** Time has passed; the gate's own timer is late by nothing. */
  void tick(long now) {
    while (true) {
      long timer = state == State.GONE ? Long.MAX_VALUE : code.nextNanos();
      long forced = processes ? after(killedNanos, KILL_NANOS) : Long.MAX_VALUE;
      if (Math.min(timer, forced) > now) {
        return;
      }
      if (forced <= timer) {
        gone(forced);
      } else {
        act(code.step(Event.TIME, timer, 0), timer);
      }
    }
  }

  private static long after(long nanos, long delay) {
    return nanos == Long.MAX_VALUE ? nanos : nanos + delay;
  }

  /** Execve is done. */
  void executed(boolean well, long now) {
    execPending = false;
    processes = well;
    act(code.step(well ? Event.EXECUTED : Event.NOT_STARTED, now, 0), now);
  }

  /** The last process of main has ended, and the gate has seen it. */
  void gone(long now) {
    processes = false;
    killedNanos = Long.MAX_VALUE;
    if (state == State.GONE) {
      return;
    }
    execPending = false;
    if (code.mainAlive()) {
      act(code.step(Event.MAIN_ENDED, now, 0), now);
    }
    act(code.step(Event.EMPTY, now, 0), now);
    killedNanos = Long.MAX_VALUE;
  }

  /** Main ended by itself, or the container is told to end. */
  void leave(boolean isAsked, long now) {
    act(code.step(isAsked ? Event.SIGNAL : Event.MAIN_ENDED, now, 0), now);
  }

  /** The wall clock was set ahead. */
  void jump(long aheadNanos, long now) {
    act(code.step(Event.JUMP, now, aheadNanos), now);
  }

  /** The gate looks whether its last words were read. */
  void seeDelivered(long now) {
    act(code.step(Event.DELIVERED, now, 0), now);
  }

  /** SIGKILL from outside: main's processes go with the namespace, but not at once. */
  void kill(long now) {
    killedNanos = Math.min(killedNanos, now);
    exit();
  }

  private void exit() {
    state = State.GONE;
    List.copyOf(connections).forEach(this::close);
  }

  private void act(List<TestingGateCode.Done> all, long now) {
    state =
        switch (code.phase()) {
          case WAITING -> State.WAITING;
          case STARTING, RUNNING -> State.RUNNING;
          case STOPPING, KILLING -> State.ENDING;
          case LEAVING -> State.LEAVING;
        };
    token = code.highestRun();
    boolean start = false;
    for (TestingGateCode.Done done : all) {
      switch (done.act()) {
        case SAY -> say(done.line());
        case START -> start = true;
        case SIGNAL_MAIN -> {}
        case KILL_ALL -> killedNanos = Math.min(killedNanos, now);
        case EXIT -> exit();
      }
    }
    if (start) {
      processes = true;
      killedNanos = Long.MAX_VALUE;
      execPending = true;
      if (!slowExec) {
        executed(true, now);
      }
    }
  }

  private void say(TestingLine line) {
    if (line == null || line instanceof TestingLine.Refused) {
      if (line != null && obeyed != null) {
        obeyed.toSidecar.add(line);
      }
      return;
    }
    // A candidate has had HELLO: what changes after that it must learn too.
    connections.forEach(connection -> connection.toSidecar.add(line));
  }
}
