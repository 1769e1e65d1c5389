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
 * What no lock can prevent, shown to happen: two mains at once, for as long as is measured; and
 * that a store which looks at the token refuses the writes of the first. And next to it what looks
 * alike and is prevented.
 */
final class Beyond {
  private static final long AWAIT_SECONDS = 60;

  /**
   * What one such fault did.
   *
   * @param overlapMillis for how long two mains wrote
   * @param refused how many late writes the store refused
   */
  record Shown(String name, long overlapMillis, int refused) {}

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
    show("stopped-gate-and-killed-sidecar", false, this::stopGateAndKillSidecar);
    show("key-deleted-by-hand", true, (holder, active) -> lab.keys().deleteHolder());
    return List.copyOf(shown);
  }

  private void show(String name, boolean mayOverlap, Deed deed)
      throws Broken, IOException, InterruptedException {
    log.say("beyond the promise: " + name);
    Path records = folder.resolve("beyond-" + name);
    try (FencedStore opened = FencedStore.open(folder.resolve("store.sock"))) {
      store = opened;
      lab.replaceCandidates(records, folder.resolve("store.sock"));
      beats = new Heartbeats(records);
      Lab.await("a main", AWAIT_SECONDS, () -> beats.active().isPresent());
      Lab.await("somebody in line", AWAIT_SECONDS, () -> lab.keys().waiting().size() >= 2);
      Span active = beats.active().orElseThrow();
      deed.commit(holderOf(active), active);
      Lab.await("another main", AWAIT_SECONDS, () -> another(active));
      judge(name, mayOverlap, active);
    }
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

  private void judge(String name, boolean mayOverlap, Span active) throws Broken {
    SpanChecker.Verdict verdict = beats.verdict();
    Span first =
        verdict.spans().stream()
            .filter(s -> s.start().equals(active.start()))
            .findFirst()
            .orElseThrow();
    Span next =
        verdict.spans().stream().filter(s -> s.token() > active.token()).findFirst().orElseThrow();
    long overlapMillis = Math.max(0, (first.lastNanos() - next.firstNanos()) / 1_000_000);
    log.say(
        "%s: two at once for %d ms, %d writes refused"
            .formatted(name, overlapMillis, store.refused()));
    boolean kept = verdict.late().isEmpty() && verdict.violations().isEmpty();
    if (!mayOverlap && !kept) {
      throw new Broken(name + ": " + verdict.violations() + verdict.late());
    }
    shown.add(new Shown(name, overlapMillis, store.refused()));
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
    Lab.await("the end of the main that thawed", AWAIT_SECONDS, () -> holder.mains().isEmpty());
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
    Lab.await("the end of the main that thawed", AWAIT_SECONDS, () -> holder.mains().isEmpty());
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
