package dev.lockclaim.sidecar;

import dev.lockclaim.lock.BootClock;
import dev.lockclaim.lock.Candidate;
import dev.lockclaim.lock.CandidateConfig;
import dev.lockclaim.lock.CandidateStatus;
import dev.lockclaim.lock.LockObserver;
import dev.lockclaim.lock.Loss;
import dev.lockclaim.lock.Rehearsal;
import dev.lockclaim.lock.Timing;
import dev.lockclaim.lock.YieldResult;
import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFolder;
import dev.lockclaim.lock.state.StateFile;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.sidecar.api.LockView;
import dev.lockclaim.sidecar.api.YieldAnswer;
import dev.lockclaim.sidecar.metrics.LossReason;
import dev.lockclaim.sidecar.metrics.SidecarMetrics;
import dev.lockclaim.sidecar.metrics.Transition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The lock as the sidecar sees it. Everything else joins the lock through this class and {@link
 * MainJoint} only.
 */
public final class LockHandle implements AutoCloseable {
  /**
   * Whose lock it is, and how it is kept.
   *
   * @param etcdDir says where etcd is
   * @param defaultSlots where there is no operator: the settings to write when there are none
   */
  public record Settings(
      String namespace,
      String name,
      String podName,
      String podUid,
      String nodeName,
      String podRevision,
      int ttlSeconds,
      int stopGraceSeconds,
      Path etcdDir,
      OptionalInt defaultSlots) {}

  private final Settings settings;
  private final Etcd etcd;
  private final StateFile state;
  private final BootClock clock;
  private volatile Supplier<Optional<String>> gatesTrouble = Optional::empty;
  private volatile Optional<String> renewalTrouble = Optional.empty();
  private volatile Consumer<LockView> listener = view -> {};
  private volatile Candidate candidate;

  private LockHandle(Settings settings, Etcd etcd, StateFile state, BootClock clock) {
    this.settings = settings;
    this.etcd = etcd;
    this.state = state;
    this.clock = clock;
  }

  /**
   * Takes the state file; etcd is not asked yet.
   *
   * @throws IOException when the state folder is not usable or another sidecar of the pod has it
   * @throws WrongSettings when the times do not fit or etcd's folder does not say where it is
   */
  public static LockHandle open(Settings settings, Path stateFolder)
      throws IOException, WrongSettings {
    Timing timing = Timing.ofSeconds(settings.ttlSeconds(), settings.stopGraceSeconds());
    if (timing.termMillis() <= timing.renewMillis()) {
      throw new WrongSettings(
          "a TTL of "
              + settings.ttlSeconds()
              + " s leaves no time for a grace of "
              + settings.stopGraceSeconds()
              + " s; choose a longer TTL or a shorter grace");
    }
    EtcdFolder folder = new EtcdFolder(settings.etcdDir());
    Etcd etcd;
    try {
      etcd =
          Etcd.open(
              folder, LockKeys.prefix(folder.prefix(), settings.namespace(), settings.name()));
    } catch (IOException e) {
      throw new WrongSettings(e.getMessage());
    }
    try {
      BootClock clock = BootClock.system();
      StateFile state =
          StateFile.open(stateFolder, settings.podUid(), Duration.ofSeconds(settings.ttlSeconds()));
      return new LockHandle(settings, etcd, state, clock);
    } catch (IOException | RuntimeException e) {
      etcd.close();
      throw e;
    }
  }

  /** What it was opened with. */
  public Settings settings() {
    return settings;
  }

  int sidecarNumber() {
    return state.marks().sidecar();
  }

  /** CLOCK_BOOTTIME, in nanoseconds. */
  public long bootNanos() {
    return clock.nanos();
  }

  /** Whom to ask for what the gates suffer from. */
  void explainWith(Supplier<Optional<String>> trouble) {
    gatesTrouble = trouble;
  }

  /** What the gates suffer from has changed. */
  void gatesTroubleChanged() {
    tell();
  }

  /**
   * Lock, renewals and gates tell by a thread each: no older view comes after a newer. The lock's
   * is the one that etcd's answers come on, so nobody who listens may wait for etcd.
   */
  private synchronized void tell() {
    listener.accept(view());
  }

  void start(MainJoint joint, SidecarMetrics metrics, Consumer<LockView> viewListener) {
    listener = viewListener;
    Identity self =
        new Identity(
            settings.podName(),
            settings.podUid(),
            settings.nodeName(),
            settings.podRevision(),
            sidecarNumber());
    CandidateConfig config =
        new CandidateConfig(
            settings.namespace(),
            settings.name(),
            self,
            settings.ttlSeconds(),
            settings.stopGraceSeconds(),
            settings.defaultSlots());
    candidate =
        new Candidate(
            config, etcd, state, clock, joint, new Measured(metrics, new Rehearsal(config)));
    joint.join(candidate);
    candidate.start();
  }

  YieldAnswer giveUp(boolean force, Optional<String> to) {
    if (candidate == null) {
      return new YieldAnswer.Declined("the sidecar has just started; try again");
    }
    return switch (candidate.giveUp(force, to)) {
      case YieldResult.Accepted() -> new YieldAnswer.Accepted();
      case YieldResult.Declined(String sentence) -> new YieldAnswer.Declined(sentence);
    };
  }

  Optional<String> stuck() {
    return candidate == null ? Optional.empty() : candidate.stuck();
  }

  /** What was told last; does not block. */
  LockView view() {
    return candidate == null ? beforeTheStart() : view(candidate.status());
  }

  /** What is known now, all that main has been told included; may block for half a second. */
  LockView settledView() {
    return candidate == null ? beforeTheStart() : view(candidate.settledStatus());
  }

  private LockView beforeTheStart() {
    return new LockView(
        LockView.State.CONNECTING,
        settings.namespace() + "/" + settings.name(),
        OptionalInt.empty(),
        OptionalLong.empty(),
        0,
        0,
        0,
        List.of(),
        OptionalInt.empty(),
        0,
        Optional.empty(),
        false,
        "starting");
  }

  private LockView view(CandidateStatus status) {
    Optional<Holder> held = status.held();
    Optional<String> trouble =
        gatesTrouble.get().or(() -> troubleOfEtcd(status)).or(() -> renewalTrouble);
    return new LockView(
        LockView.State.valueOf(status.state().name()),
        settings.namespace() + "/" + settings.name(),
        held.map(h -> OptionalInt.of(h.slot())).orElse(OptionalInt.empty()),
        held.map(h -> OptionalLong.of(h.token())).orElse(OptionalLong.empty()),
        held.map(Holder::grantTimeMillis).orElse(0L),
        held.isPresent() ? status.deadlines().killNanos() : 0,
        held.isPresent() ? status.deadlines().goneNanos() : 0,
        status.holders().stream()
            .map(h -> new LockView.Holder(h.slot(), h.identity().pod(), h.token()))
            .toList(),
        status.position() == 0 ? OptionalInt.empty() : OptionalInt.of(status.position()),
        status.candidates(),
        trouble,
        status.refused(),
        trouble.orElse(status.reason()));
  }

  private static Optional<String> troubleOfEtcd(CandidateStatus status) {
    return status.trouble().isEmpty() ? Optional.empty() : Optional.of(status.trouble());
  }

  /** Leaves; see {@link Candidate#close}. */
  @Override
  public void close() {
    if (candidate != null) {
      candidate.close();
      return;
    }
    etcd.close();
    try {
      state.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Measured implements LockObserver {
    private final SidecarMetrics metrics;
    private final Rehearsal rehearsal;

    Measured(SidecarMetrics metrics, Rehearsal rehearsal) {
      this.metrics = metrics;
      this.rehearsal = rehearsal;
    }

    @Override
    public void changed() {
      tell();
    }

    @Override
    public void renewalTrouble(Optional<String> why) {
      renewalTrouble = why;
      tell();
    }

    @Override
    public void renewed(double seconds) {
      metrics.renewed(seconds);
    }

    @Override
    public void atLeisure() {
      rehearsal.goOn();
    }

    @Override
    public void acquired(double seconds) {
      metrics.acquired(seconds);
    }

    @Override
    public void transition(String reason) {
      metrics.transition(Transition.valueOf(reason.toUpperCase(Locale.ROOT)));
    }

    @Override
    public void lost(Loss how) {
      metrics.lost(
          switch (how) {
            case LEASE_ENDED -> LossReason.LEASE_ENDED;
            case HOLDER_KEY_GONE -> LossReason.HOLDER_KEY_GONE;
            case ETCD_RESTORED -> LossReason.ETCD_RESTORED;
          });
    }
  }
}
