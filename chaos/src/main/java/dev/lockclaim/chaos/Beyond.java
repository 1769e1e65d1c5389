package dev.lockclaim.chaos;

import dev.lockclaim.chaos.lab.Candidate;
import dev.lockclaim.chaos.lab.Lab;
import dev.lockclaim.chaos.lab.Signals;
import dev.lockclaim.systemtest.Span;
import dev.lockclaim.systemtest.SpanChecker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What no lock can prevent, required to happen: two mains at once, for as long as is measured; and
 * that a store which looks at the token refuses the writes of the first. And next to it what looks
 * alike, and is required never to happen.
 */
final class Beyond {
  private static final long AWAIT_SECONDS = 60;

  /** Who comes first when all go on at once is luck: two of five times it was the gate. */
  private static final int MOST_TURNS = 10;

  /** Long enough to see main go on, and less than what a stopped sidecar rides out. */
  private static final long AWHILE_MILLIS = 1000;

  /** Main writes every 5 ms: one that is silent for so long has ended. */
  private static final long SILENCE_NANOS = 500_000_000L;

  /**
   * What one such fault did.
   *
   * @param overlaps whether two mains are to be active at once; else they never may be
   * @param turns how often it was done until that was seen
   * @param overlapMillis for how long two mains wrote
   * @param refused how many late writes the store refused
   */
  record Shown(String name, boolean overlaps, int turns, long overlapMillis, int refused) {}

  private interface Deed {
    void commit(Candidate holder, Span active) throws IOException, InterruptedException;
  }

  private final Lab lab;
  private final Path folder;
  private final NemesisLog log;
  private final List<Shown> shown = new ArrayList<>();
  private Heartbeats beats;
  private FencedStore store;

  Beyond(Lab lab, Path folder, NemesisLog log) {
    this.lab = lab;
    this.folder = folder;
    this.log = log;
  }

  /** Does them all. */
  List<Shown> show() throws Broken, IOException, InterruptedException {
    show("frozen-machine", true, this::freezeMachine);
    show("thawed-main-before-gate", true, this::thawMainFirst);
    show("stopped-gates-and-sidecar", true, this::stopGatesAndSidecar);
    show("stopped-gate-and-killed-sidecar", false, this::stopGateAndKillSidecar);
    show("lease-revoked-by-hand", true, this::revokeLease);
    show("key-deleted-by-hand", false, (holder, active) -> lab.keys().deleteHolder());
    return List.copyOf(shown);
  }

  private void show(String name, boolean overlaps, Deed deed)
      throws Broken, IOException, InterruptedException {
    for (int turn = 1; turn <= MOST_TURNS; turn++) {
      Shown seen = once(name, overlaps, turn, deed);
      if (!overlaps || (seen.overlapMillis() > 0 && seen.refused() > 0)) {
        shown.add(seen);
        return;
      }
    }
    throw new Broken(
        "%s: in %d tries never two mains were active at once with a late write refused by the store,"
                .formatted(name, MOST_TURNS)
            + " which the guarantees say to happen");
  }

  private Shown once(String name, boolean overlaps, int turn, Deed deed)
      throws Broken, IOException, InterruptedException {
    log.say("beyond the promise: %s, try %d".formatted(name, turn));
    Path records = folder.resolve("beyond-" + name + "-" + turn);
    try (FencedStore opened = FencedStore.open(folder.resolve("store.sock"))) {
      store = opened;
      lab.replaceCandidates(records, folder.resolve("store.sock"));
      beats = new Heartbeats(records);
      Lab.await("a main", AWAIT_SECONDS, () -> beats.active().isPresent());
      Lab.await("somebody in line", AWAIT_SECONDS, () -> lab.keys().waiting().size() >= 2);
      Span active = beats.active().orElseThrow();
      deed.commit(holderOf(active), active);
      Lab.await("another main", AWAIT_SECONDS, () -> another(active));
      Lab.await("the end of the first main", AWAIT_SECONDS, () -> silent(active));
      return judge(name, overlaps, turn, active);
    }
  }

  private boolean silent(Span span) throws IOException {
    return BootClock.nanos() - first(span).lastNanos() > SILENCE_NANOS;
  }

  private Span first(Span active) {
    return beats.verdict().spans().stream()
        .filter(span -> span.start().equals(active.start()))
        .findFirst()
        .orElseThrow();
  }

  private Candidate holderOf(Span span) {
    return lab.candidates().stream()
        .filter(candidate -> candidate.machine().equals(span.pod()))
        .findFirst()
        .orElseThrow();
  }

  private boolean another(Span span) {
    return beats.verdict().spans().getLast().token() > span.token();
  }

  private Shown judge(String name, boolean overlaps, int turn, Span active) throws Broken {
    SpanChecker.Verdict verdict = beats.verdict();
    Span next =
        verdict.spans().stream().filter(s -> s.token() > active.token()).findFirst().orElseThrow();
    long overlapNanos = Math.max(0, first(active).lastNanos() - next.firstNanos());
    long overlapMillis = Math.ceilDiv(overlapNanos, 1_000_000);
    Shown seen = new Shown(name, overlaps, turn, overlapMillis, store.refused());
    log.say(
        "%s: two at once for %d ms, %d writes refused"
            .formatted(name, overlapMillis, seen.refused()));
    boolean kept = verdict.late().isEmpty() && verdict.violations().isEmpty();
    if (!overlaps && !(kept && seen.refused() == 0)) {
      throw new Broken(
          "%s: %d late writes %s%s"
              .formatted(name, seen.refused(), verdict.violations(), verdict.late()));
    }
    return seen;
  }

  /**
   * Everything of the holder stands still at once and goes on at once, as a paused machine does.
   */
  private void freezeMachine(Candidate holder, Span active)
      throws IOException, InterruptedException {
    lab.freezeMachine(holder, true);
    try {
      Lab.await("another main", AWAIT_SECONDS, () -> another(active));
    } finally {
      lab.freezeMachine(holder, false);
    }
  }

  /** The same with the worst order of going on: main gets the processor first. */
  private void thawMainFirst(Candidate holder, Span active)
      throws IOException, InterruptedException {
    List<Long> mains = holder.mains();
    List<Long> others = new ArrayList<>(holder.gates());
    others.addAll(holder.sidecar());
    others.addAll(mains);
    Signals.send("STOP", others);
    try {
      Lab.await("another main", AWAIT_SECONDS, () -> another(active));
      Signals.send("CONT", mains);
      Lab.await("a late write", AWAIT_SECONDS, () -> store.refused() > 0);
    } finally {
      Signals.send("CONT", others);
    }
  }

  /**
   * Nobody renews, and nobody who could kill main runs: as in a container whose gate is stopped.
   */
  private void stopGatesAndSidecar(Candidate holder, Span active)
      throws IOException, InterruptedException {
    List<Long> others = new ArrayList<>(holder.gates());
    others.addAll(holder.sidecar());
    Signals.send("STOP", others);
    try {
      Lab.await("another main", AWAIT_SECONDS, () -> another(active));
      Thread.sleep(AWHILE_MILLIS);
    } finally {
      Signals.send("CONT", others);
    }
  }

  /** The holder's sidecar is a moment late to hear of it, the next one is told at once. */
  private void revokeLease(Candidate holder, Span active) throws IOException, InterruptedException {
    List<Long> sidecar = holder.sidecar();
    Signals.send("STOP", sidecar);
    try {
      lab.cluster().ctl("lease", "revoke", lab.keys().holderLease().orElseThrow());
      Thread.sleep(AWHILE_MILLIS);
    } finally {
      Signals.send("CONT", sidecar);
    }
  }

  /** PID 1 of main's namespace stands still, nobody renews, and main goes on. */
  private void stopGateAndKillSidecar(Candidate holder, Span active)
      throws IOException, InterruptedException {
    List<Long> gate = holder.gate();
    holder.hold();
    try {
      Signals.send("STOP", gate);
      Signals.send("KILL", holder.sidecar());
      Lab.await("another main", AWAIT_SECONDS, () -> another(active));
    } finally {
      Signals.send("CONT", gate);
      holder.release();
    }
  }
}
