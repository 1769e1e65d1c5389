package dev.lockclaim.lock;

import dev.lockclaim.lock.decide.Decision;
import dev.lockclaim.lock.decide.Decision.EtcdStep;
import dev.lockclaim.lock.decide.Decision.MainStep;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockView;
import dev.lockclaim.lock.view.Queued;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What is to be done about a decision, to main and to etcd. Confined to the thread that decides.
 *
 * <p>What it gives out is written down before, where it is to be.
 */
final class Orders {
  private static final long SECOND = 1_000_000_000L;

  /** Those whose lease may be out soon are passed over: two missed renewals of five. */
  private static final int FRESH_PERCENT = 55;

  /** A successor is looked for among the first ones; asking all would be slow. */
  private static final int SUCCESSORS = 3;

  /** A renewal may be answered just before the first try. */
  private static final int IDLE_RENEWALS = 2;

  private final CandidateConfig config;
  private final Identity self;
  private final LongSupplier wallMillis;
  private final LockObserver observer;
  private final Session session;
  private final Tenure tenure;
  private final Conversation etcd;
  private boolean extend;
  private int renewalsWithoutGrant;
  private long joinedNanos;

  /**
   * Nothing to be done yet.
   *
   * @param self as it signs its keys
   * @param wallMillis for people to read
   */
  Orders(
      CandidateConfig config,
      Identity self,
      LongSupplier wallMillis,
      LockObserver observer,
      Session session,
      Tenure tenure,
      Conversation etcd) {
    this.config = config;
    this.self = self;
    this.wallMillis = wallMillis;
    this.observer = observer;
    this.session = session;
    this.tenure = tenure;
    this.etcd = etcd;
  }

  /** A place in line was taken. */
  void joined(long nowNanos) {
    joinedNanos = nowNanos;
  }

  /** The lease was renewed: main may go on for longer. */
  void renewed() {
    extend = true;
    renewalsWithoutGrant++;
  }

  /**
   * All that is to be done now, in this order.
   *
   * @param heardNanos when the watch was heard last
   * @throws java.io.UncheckedIOException when the marks are not taken: then nothing is to be done
   */
  List<Action> of(Decision decision, long now, long heardNanos) {
    letOthersGoFirst(decision.etcd(), now);
    List<Action> actions = new ArrayList<>(2);
    if (extend && tenure.running().filter(r -> !r.stopAsked()).isPresent()) {
      actions.add(new Action.Extend(tenure.running().get().token(), session.deadlines()));
    }
    extend = false;
    towardsMain(decision.main(), now, actions);
    if (!etcd.stepUnderWay()) {
      try {
        towardsEtcd(decision.etcd(), now, heardNanos, actions);
      } catch (RuntimeException e) {
        // What was decided for main is to be done all the same.
        etcd.couldNotSend(e, now + SECOND);
      }
    }
    return List.copyOf(actions);
  }

  /** First in line, lease kept, and still no grant of a slot that is free: another may manage. */
  private void letOthersGoFirst(EtcdStep step, long now) {
    if (!(step instanceof EtcdStep.Grant)) {
      renewalsWithoutGrant = 0;
    } else if (renewalsWithoutGrant > IDLE_RENEWALS) {
      renewalsWithoutGrant = 0;
      tenure.backOff(now);
    }
  }

  private void towardsMain(MainStep step, long now, List<Action> actions) {
    switch (step) {
      case MainStep.None() -> {}
      case MainStep.Run(Holder holder) -> {
        LockView view = etcd.view();
        tenure.aboutToRun(holder, view.clusterId(), view.revision(), now);
        session.forgetWeak();
        actions.add(new Action.Run(new Grant(holder.token(), holder.slot()), session.deadlines()));
        observer.transition("acquired");
        if (joinedNanos != 0) {
          observer.acquired((now - joinedNanos) / 1e9);
          joinedNanos = 0;
        }
      }
      case MainStep.Stop(long token, Optional<Loss> loss, String why) -> {
        tenure.aboutToStop(loss.isPresent());
        loss.ifPresent(observer::lost);
        // What is lost may run elsewhere already.
        actions.add(new Action.Stop(token, loss.isPresent() ? 0 : config.graceSeconds(), why));
      }
    }
  }

  private void towardsEtcd(EtcdStep step, long now, long heardNanos, List<Action> actions) {
    if (!etcd.mayTry(now)) {
      return;
    }
    if (session.lease() == 0) {
      if (!tenure.leaving()) {
        etcd.sent();
        actions.add(new Action.Connect(tenure.marks()));
      }
    } else if (etcd.mustRead(now, heardNanos, session.timing())) {
      etcd.sent();
      boolean open = etcd.watchIsDown(now, heardNanos, session.timing());
      actions.add(new Action.Read(etcd.view().revision(), open));
    } else if (step instanceof EtcdStep.AskLease(long lease)) {
      etcd.sent();
      actions.add(new Action.AskLease(lease));
    } else if (!(step instanceof EtcdStep.None)) {
      if (step instanceof EtcdStep.Give give && tenure.aboutToGive(give.holder().token())) {
        observer.transition("released");
      }
      EtcdStep sent =
          step instanceof EtcdStep.Give give && session.releaseOnly()
              // Puts nothing under a lease: what was denied, or has ended, may be the own one.
              ? new EtcdStep.Give(give.holder(), Optional.empty(), false)
              : step;
      actions.add(
          new Action.Perform(
              sent,
              Steps.of(sent, etcd.view(), session.lease(), self, wallMillis.getAsLong()),
              etcd.view().revision()));
      etcd.sent();
    }
  }

  /**
   * While main stops there is time to find out who in line has missed renewals. A main that ends at
   * once leaves no time to hear of it, and is not made to wait for that.
   */
  Optional<Action> askFreshness() {
    List<Long> leases = etcd.view().queue().stream().limit(SUCCESSORS).map(Queued::lease).toList();
    return leases.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Action.AskFreshness(
                leases, session.timing().ttlMillis() * FRESH_PERCENT / 100_000));
  }
}
