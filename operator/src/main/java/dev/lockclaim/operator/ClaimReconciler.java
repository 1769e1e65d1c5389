package dev.lockclaim.operator;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.LockClaimStatus;
import dev.lockclaim.crds.Names;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.operator.apply.EtcdSecretWriter;
import dev.lockclaim.operator.apply.EventNote;
import dev.lockclaim.operator.apply.EventWriter;
import dev.lockclaim.operator.apply.HandoverWriter;
import dev.lockclaim.operator.apply.RoleWriter;
import dev.lockclaim.operator.apply.SettingsWriter;
import dev.lockclaim.operator.apply.StatusWriter;
import dev.lockclaim.operator.decide.AssistedFailover;
import dev.lockclaim.operator.decide.HandoverPlan;
import dev.lockclaim.operator.decide.Happenings;
import dev.lockclaim.operator.decide.Roles;
import dev.lockclaim.operator.decide.SettingsPlan;
import dev.lockclaim.operator.decide.Statuses;
import dev.lockclaim.operator.etcd.EtcdProblem;
import dev.lockclaim.operator.etcd.LockStore;
import dev.lockclaim.operator.etcd.LockWriter;
import dev.lockclaim.operator.http.OperatorMetrics;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.Observed;
import dev.lockclaim.operator.observe.PodFacts;
import dev.lockclaim.operator.observe.Revisions;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings pods, etcd and status to what a LockClaim says and what etcd knows: observe, decide,
 * apply. Called for one claim by one thread at a time, whenever the claim, one of its pods or its
 * lock in etcd has changed, and every {@link #LOOK_AGAIN}.
 */
@ControllerConfiguration(name = "lockclaim", generationAwareEventProcessing = false)
public final class ClaimReconciler implements Reconciler<LockClaim> {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimReconciler.class);

  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Clock clock;
  private final LockStore locks;
  private final LockWriter lockWriter;
  private final Revisions revisions;
  private final EventWriter events;
  private final OperatorMetrics metrics;
  private final RoleWriter roles;
  private final StatusWriter statuses;
  private final SettingsWriter settings;
  private final EtcdSecretWriter secrets;
  private final HandoverWriter handovers;

  ClaimReconciler(
      KubernetesClient client,
      LockStore locks,
      SettingsWriter settings,
      EventWriter events,
      OperatorMetrics metrics,
      Clock clock) {
    this.clock = clock;
    this.locks = locks;
    this.lockWriter = locks.writer();
    this.revisions = new Revisions(client);
    this.events = events;
    this.metrics = metrics;
    this.roles = new RoleWriter(client);
    this.statuses = new StatusWriter(client);
    this.settings = settings;
    this.secrets = new EtcdSecretWriter(client, lockWriter);
    this.handovers = new HandoverWriter(client, lockWriter, events::write);
  }

  @Override
  public UpdateControl<LockClaim> reconcile(LockClaim claim, Context<LockClaim> context) {
    LockId lock = LockId.of(claim);
    if (claim.getMetadata().getDeletionTimestamp() != null || claim.getSpec() == null) {
      return UpdateControl.noUpdate();
    }
    Observed seen = observe(claim, lock, context);
    roles.write(
        lock.namespace(),
        Roles.decide(seen.pods(), seen.lock(), seen.etcd())); // first: traffic follows it
    SettingsPlan plan = settings.plan(lock, seen);
    Duration again = seen.health().ok() ? writeEtcd(lock, seen, plan) : Duration.ZERO;
    LockClaimStatus status = Statuses.decide(seen, plan);
    statuses.write(claim, status);
    Happenings.decide(seen, status).forEach(happening -> tell(claim, happening));
    metrics.observe(lock, seen);
    return UpdateControl.<LockClaim>noUpdate().rescheduleAfter(again.isZero() ? LOOK_AGAIN : again);
  }

  private Observed observe(LockClaim claim, LockId lock, Context<LockClaim> context) {
    List<PodFacts> pods =
        context.getSecondaryResources(Pod.class).stream().map(PodFacts::of).toList();
    return new Observed(
        claim,
        statuses.last(claim),
        pods,
        locks.lock(lock),
        locks.health(),
        locks.identity(),
        revisions.newest(lock.namespace(), pods),
        clock.instant());
  }

  /** What the claim asks of etcd; returns when to look again, zero for no hurry. */
  private Duration writeEtcd(LockId lock, Observed seen, SettingsPlan plan) {
    try {
      if (plan instanceof SettingsPlan.Wait) {
        secrets.forget(lock.namespace());
      }
      secrets.keep(lock.namespace());
      Duration again = settings.carryOut(lock, seen, plan);
      for (Holder holder : AssistedFailover.decide(seen)) {
        if (lockWriter.free(lock, holder.slot(), holder.modRevision())) {
          LOG.info(
              "Lock {}: slot {} freed, pod {} has ended",
              lock,
              holder.slot(),
              holder.identity().pod());
        }
      }
      handovers.carryOut(seen.claim(), HandoverPlan.decide(seen));
      return again.isZero() && AssistedFailover.pending(seen) ? SOON : again;
    } catch (EtcdProblem e) {
      LOG.warn("Lock {}: {}: {}", lock, e.reason(), e.getMessage());
      return SOON;
    }
  }

  private void tell(LockClaim claim, Happenings.Happening happening) {
    LOG.info("Lock {}: {}: {}", LockId.of(claim), happening.reason(), happening.message());
    events.write(
        happening.warning()
            ? EventNote.warning(claim, happening.reason(), happening.message())
            : EventNote.normal(claim, happening.reason(), happening.message()));
    happening
        .pod()
        .ifPresent(
            holder ->
                events.write(
                    new EventNote(
                        pod(claim, holder),
                        happening.warning(),
                        happening.reason(),
                        happening.message())));
  }

  private static ObjectReference pod(LockClaim claim, LockClaimStatus.Holder holder) {
    return new ObjectReferenceBuilder()
        .withApiVersion("v1")
        .withKind("Pod")
        .withNamespace(claim.getMetadata().getNamespace())
        .withName(holder.podName())
        .withUid(holder.podUID())
        .build();
  }

  @Override
  public List<EventSource<?, LockClaim>> prepareEventSources(
      EventSourceContext<LockClaim> context) {
    var pods =
        InformerEventSourceConfiguration.from(Pod.class, LockClaim.class)
            .withName("pods")
            .withLabelSelector(Names.LABEL_CLAIM)
            .withWatchAllNamespaces()
            .withSecondaryToPrimaryMapper(
                pod ->
                    Set.of(
                        new ResourceID(
                            pod.getMetadata().getLabels().get(Names.LABEL_CLAIM),
                            pod.getMetadata().getNamespace())))
            .build();
    return List.of(new InformerEventSource<>(pods, context), new LockEvents(locks, context));
  }
}
