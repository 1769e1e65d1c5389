package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.etcd.Rehearsed;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.state.MarkStore;
import dev.lockclaim.lock.state.Marks;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.LockView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays being granted a lock, giving it away and getting it back, in memory: a JVM is quick at what
 * it has done some hundred times, and a pod's first hand-over may be the only one of its life.
 * Nothing that is played can be seen from outside. Safe for use by many threads.
 */
public final class Rehearsal {
  private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);

  /**
   * The lock's own methods are compiled after fewer; those of the JDK that they call when they have
   * run 200 times, and in the sidecar's image, whose compiler is to need little memory, 1000 times.
   * Most of these run several times in a play.
   */
  private static final int PLAYS = 240;

  /** A few milliseconds at a time: other virtual threads may have to wait for it. */
  private static final int PLAYS_AT_ONCE = 4;

  private static final long OWN_LEASE = 1;
  private static final long OTHER_LEASE = 2;
  private static final long NOW = 1_000_000_000L;
  private static final Identity OTHER = new Identity("other", "other", "", "", 1);

  private final CandidateConfig config;
  private final AtomicInteger left = new AtomicInteger(PLAYS);

  /** Of a candidate like this one. */
  public Rehearsal(CandidateConfig config) {
    this.config = config;
  }

  /** Plays some more, until it has been enough; takes milliseconds, never fails. */
  public void goOn() {
    for (int i = 0; i < PLAYS_AT_ONCE && left.get() > 0; i++) {
      left.decrementAndGet();
      try {
        var _ = new Play(config).play();
      } catch (RuntimeException | Error e) {
        left.set(0);
        log.warn("a rehearsal went wrong; the first hand-over may take longer", e);
      }
    }
  }

  /** How often it is still to be played. */
  int left() {
    return left.get();
  }

  /** One play, in which the candidate gets all that it asks for. */
  static final class Play {
    private final Rehearsed etcd = new Rehearsed();
    private final List<Action> actions = new ArrayList<>();
    private final CandidateConfig config;
    private final CandidateCore core;

    Play(CandidateConfig config) {
      this.config = config;
      Identity self = config.identity();
      core =
          new CandidateCore(
              config,
              new Kept(Marks.none("", self.uid())),
              () -> NOW,
              () -> 0,
              new LockObserver() {});
    }

    /** What the candidate did. */
    List<Action> play() {
      etcd.step(Steps.defaults(1, Rehearsed.CLUSTER_ID));
      core.connected(
          new Connecting.Begun(OWN_LEASE, config.ttlSeconds(), NOW, etcd.snapshot(), false, false));
      core.ready(true);
      decide(); // stands in line, is granted, runs
      tell(
          new Step(
              List.of(),
              List.of(
                  new Step.Write.Put(
                      LockKeys.queue(OTHER_LEASE), LockCodec.queue(OTHER), OTHER_LEASE))));
      core.giveUp(Optional.empty());
      decide(); // stops, gives the lock to the other one, stands in line again
      LockView view = LockView.of(etcd.snapshot());
      Holder other = view.holders().get(0);
      EtcdStep back = new EtcdStep.Give(other, view.queued(OWN_LEASE), true);
      tell(Steps.of(back, view, OTHER_LEASE, OTHER, 0));
      decide(); // runs
      return actions;
    }

    private void tell(Step step) {
      core.changes(etcd.step(step).changes());
    }

    private void decide() {
      Turn turn;
      do {
        turn = core.turn(NOW);
        var _ = core.status(turn.reason());
        turn.actions().forEach(this::carryOut);
      } while (!turn.actions().isEmpty());
    }

    private void carryOut(Action action) {
      actions.add(action);
      switch (action) {
        case Action.Run(Grant grant, Deadlines _) -> core.started(grant.token());
        case Action.Stop(long token, int _, String _) ->
            core.ended(token, new Ending(true, 0, Ending.Next.WAIT, true));
        case Action.Perform step -> {
          Rehearsed.Done done = etcd.step(step.transaction());
          core.changes(done.changes());
          core.done(step.step(), done.outcome(), step.sentRevision());
        }
        case Action.Extend _,
            Action.Connect _,
            Action.Read _,
            Action.AskLease _,
            Action.AskFreshness _ ->
            throw new IllegalStateException(action + " is no part of the play");
      }
    }
  }

  private static final class Kept implements MarkStore {
    private Marks marks;

    Kept(Marks marks) {
      this.marks = marks;
    }

    @Override
    public Marks marks() {
      return marks;
    }

    @Override
    public void write(Marks next) {
      marks = next;
    }
  }
}
