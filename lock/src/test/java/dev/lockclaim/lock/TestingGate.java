package dev.lockclaim.lock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The gate's state machine, by gate/PROTOCOL.md, with the processes of main behind it. Times are of
 * its machine's clock. The gate itself is never paused; that is not promised either.
 */
final class TestingGate {
  /** From SIGKILL to the last process, at the most. */
  static final long KILL_NANOS = Timing.KILL_MILLIS * 1_000_000;

  enum State {
    /** No main. */
    WAITING,
    /** Main exists. */
    RUNNING,
    /** Main is being ended. */
    ENDING,
    /** The gate's process is no more; of main something may linger. */
    GONE
  }

  /** A line between sidecar and gate. */
  sealed interface Line {}

  /** The sidecar's first line. */
  record Hello(int sidecar) implements Line {}

  record Run(long token, long termNanos, long killNanos) implements Line {}

  record Times(long token, long termNanos, long killNanos) implements Line {}

  record Stop(long token, long graceNanos) implements Line {}

  /** The gate's first line. */
  record Here(int instance, State state, long token) implements Line {}

  record Started(long token) implements Line {}

  record Refused(long token, Refusal why) implements Line {}

  record Ended(long token, boolean asked, boolean exits) implements Line {}

  record Eof() implements Line {}

  /** One connection; each side reads when it likes. */
  static final class Connection {
    final Deque<Line> toGate = new ArrayDeque<>();
    final Deque<Line> toSidecar = new ArrayDeque<>();
    boolean closed;

    Connection copy() {
      Connection copy = new Connection();
      copy.toGate.addAll(toGate);
      copy.toSidecar.addAll(toSidecar);
      copy.closed = closed;
      return copy;
    }
  }

  int instance = 1;
  State state = State.WAITING;
  long token;
  long spent;
  long termNanos;
  long killNanos;
  long killedNanos;
  boolean asked;
  boolean exits;
  int highestSidecar;
  boolean lingering;
  List<Connection> connections = new ArrayList<>();

  TestingGate copy(List<Connection> from, List<Connection> to) {
    TestingGate copy = new TestingGate();
    copy.instance = instance;
    copy.state = state;
    copy.token = token;
    copy.spent = spent;
    copy.termNanos = termNanos;
    copy.killNanos = killNanos;
    copy.killedNanos = killedNanos;
    copy.asked = asked;
    copy.exits = exits;
    copy.highestSidecar = highestSidecar;
    copy.lingering = lingering;
    for (Connection connection : connections) {
      int index = from.indexOf(connection);
      if (index < 0) {
        from.add(connection);
        to.add(connection.copy());
        index = from.size() - 1;
      }
      copy.connections.add(to.get(index));
    }
    return copy;
  }

  /** Whether a process of main exists. */
  boolean mainExists() {
    return state == State.RUNNING || state == State.ENDING || lingering;
  }

  void connect(Connection connection) {
    connection.toSidecar.add(new Here(instance, state, state == State.WAITING ? 0 : token));
    connections.add(connection);
  }

  /** Reads one line of a connection. */
  void read(Connection connection, long now) {
    switch (connection.toGate.poll()) {
      case Hello(int sidecar) -> {
        if (sidecar >= highestSidecar) {
          highestSidecar = sidecar;
          // The older one is closed unread: a RUN in it has no effect.
          connections.stream().filter(c -> c != connection).forEach(TestingGate::close);
          connections.removeIf(c -> c != connection);
        }
      }
      case Run run -> run(run, connection, now);
      case Times(long which, long term, long kill) -> {
        if (state == State.RUNNING && which == token) {
          termNanos = Math.max(termNanos, term);
          killNanos = Math.max(killNanos, kill);
        }
      }
      case Stop(long which, long grace) -> stop(which, grace, now);
      default -> throw new IllegalStateException("a gate's line on the way to the gate");
    }
    tick(now);
  }

  private static void close(Connection connection) {
    connection.closed = true;
    connection.toGate.clear();
    connection.toSidecar.add(new Eof());
  }

  private void run(Run run, Connection connection, long now) {
    if (run.token() == token && state == State.RUNNING) {
      say(new Started(token));
    } else if (run.token() == token && state == State.ENDING) {
      return;
    } else if (run.token() <= spent) {
      connection.toSidecar.add(new Refused(run.token(), Refusal.STALE));
    } else if (exits) {
      connection.toSidecar.add(new Refused(run.token(), Refusal.STOPPING));
    } else if (state != State.WAITING) {
      connection.toSidecar.add(new Refused(run.token(), Refusal.BUSY));
    } else if (now >= run.termNanos()) {
      connection.toSidecar.add(new Refused(run.token(), Refusal.LATE));
    } else {
      state = State.RUNNING;
      token = run.token();
      spent = run.token();
      termNanos = run.termNanos();
      killNanos = run.killNanos();
      killedNanos = Long.MAX_VALUE;
      say(new Started(token));
    }
  }

  private void stop(long which, long grace, long now) {
    boolean older = which > token;
    spent = Math.max(spent, which);
    if (state == State.WAITING || which < token) {
      say(new Ended(which, true, exits));
      return;
    }
    end(true, now);
    killNanos = Math.min(killNanos, now + grace);
    if (older) {
      say(new Ended(which, true, exits));
    }
  }

  /** Main is to end by itself now. */
  void end(boolean isAsked, long now) {
    if (state == State.RUNNING) {
      state = State.ENDING;
      asked = isAsked;
      killNanos = isAsked ? killNanos : Math.min(killNanos, now);
    }
  }

  /** What the gate's own timer does; it may be late by nothing. */
  void tick(long now) {
    if (state == State.RUNNING && now >= termNanos) {
      end(true, now);
    }
    if ((state == State.RUNNING || state == State.ENDING) && now >= killNanos) {
      state = State.ENDING;
      killedNanos = Math.min(killedNanos, killNanos);
    }
    if (state == State.ENDING && killedNanos != Long.MAX_VALUE && now >= killedNanos + KILL_NANOS) {
      gone();
    }
    if (lingering && now >= killedNanos + KILL_NANOS) {
      lingering = false;
    }
  }

  /** The last process of main has ended. */
  void gone() {
    if (lingering) {
      lingering = false;
      return;
    }
    state = State.WAITING;
    say(new Ended(token, asked, exits));
    if (exits) {
      exit();
    }
  }

  /** The container is told to end, or main ended by itself: after it the gate goes. */
  void leave(boolean isAsked, long now) {
    exits = true;
    if (state == State.WAITING) {
      exit();
    } else {
      end(isAsked, now);
    }
  }

  private void exit() {
    state = State.GONE;
    connections.forEach(TestingGate::close);
    connections.clear();
  }

  /** SIGKILL from outside: main's processes go with the namespace, but not at once. */
  void kill(long now) {
    lingering = mainExists();
    killedNanos = Math.min(lingering ? killedNanos : now, now);
    exit();
  }

  private void say(Line line) {
    connections.forEach(connection -> connection.toSidecar.add(line));
  }
}
