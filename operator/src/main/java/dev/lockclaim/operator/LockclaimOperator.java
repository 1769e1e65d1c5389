package dev.lockclaim.operator;

import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.apply.EventWriter;
import dev.lockclaim.operator.apply.SettingsWriter;
import dev.lockclaim.operator.certificates.CertificateKeeper;
import dev.lockclaim.operator.etcd.LockStore;
import dev.lockclaim.operator.http.HttpEndpoint;
import dev.lockclaim.operator.http.OperatorMetrics;
import dev.lockclaim.operator.webhook.AdmissionHandler;
import dev.lockclaim.operator.webhook.ClaimCache;
import dev.lockclaim.operator.webhook.Injector;
import dev.lockclaim.operator.webhook.WebhookServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica of the operator. Each serves the webhook; the one that has the Lease also reconciles.
 * Readiness does not depend on the Lease.
 */
public final class LockclaimOperator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LockclaimOperator.class);

  // So long until the other replica reconciles after this one crashed. Held locks and failover do
  // not wait for it.
  private static final Duration LEASE = Duration.ofSeconds(15);
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final OperatorMetrics metrics = new OperatorMetrics(version());
  private final EventWriter events;
  private final ClaimCache claims;
  private final LockStore locks;
  private final CertificateKeeper certificates;
  private final WebhookServer webhook;
  private final HttpEndpoint http;
  private final Sweeper sweeper;
  private final Operator operator;
  private final OperatorConfig config;
  private final KubernetesClient client;
  private final Runnable onLeadershipLost;
  private volatile boolean leading;
  private volatile boolean closing;

  /**
   * Starts everything but the election.
   *
   * @param onLeadershipLost called when another replica may reconcile: this one must be closed, and
   *     end
   */
  public LockclaimOperator(
      OperatorConfig config, KubernetesClient client, Runnable onLeadershipLost)
      throws IOException, GeneralSecurityException {
    this.config = config;
    this.client = client;
    this.onLeadershipLost = onLeadershipLost;
    Clock clock = Clock.systemUTC();
    events = new EventWriter(client, config.replica());
    claims = new ClaimCache(client);
    locks = new LockStore(config.etcdFolder());
    certificates =
        new CertificateKeeper(
            client,
            config.namespace(),
            config.release(),
            List.of(config.webhookHost()),
            () -> leading,
            clock);
    Injector injector = new Injector(config.sidecar());
    AdmissionHandler admission =
        new AdmissionHandler(injector, claims::find, events::write, metrics.registry());
    webhook = new WebhookServer(config.webhookPort(), certificates.tls(), admission);
    http = new HttpEndpoint(config.httpPort(), this::missing, metrics::scrape);
    SettingsWriter settings = new SettingsWriter(locks.writer());
    sweeper = new Sweeper(claims, locks, settings, metrics, () -> leading, clock);
    operator =
        new Operator(
            service ->
                service
                    .withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    // Right after an installation the API server may not list LockClaims yet: keep
                    // trying.
                    .withStopOnInformerErrorDuringStartup(false)
                    .withReconciliationTerminationTimeout(Duration.ofSeconds(5))
                    .withLeaderElectionConfiguration(
                        LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(
                                lease(config))
                            .withLeaseNamespace(config.namespace())
                            .withIdentity(config.replica())
                            .withLeaseDuration(LEASE)
                            .withRenewDeadline(RENEW_DEADLINE)
                            .withRetryPeriod(RETRY)
                            .withExitOnStopLeading(false) // we end ourselves, in order
                            .withLeaderCallbacks(
                                new LeaderCallbacks(this::startLeading, this::stopLeading, _ -> {}))
                            .build()));
    operator.register(
        new ClaimReconciler(client, locks, settings, events, metrics, clock),
        controller -> controller.withOnUpdateFilter(LockclaimOperator::concernsUs));
    metrics.flag(Names.METRIC_OPERATOR_LEADER, "Whether this replica reconciles.", () -> leading);
    metrics.flag(
        Names.METRIC_ETCD_REACHABLE,
        "Whether the last exchange with etcd went well.",
        () -> locks.health().ok());
    metrics.gauge(
        Names.METRIC_WEBHOOK_CERTIFICATE_EXPIRY_TIMESTAMP_SECONDS,
        "End of the certificate that the webhook serves.",
        certificates::expirySeconds);
  }

  /** Takes part in the election, and reconciles when elected. */
  public void start() {
    operator.start();
  }

  /** The port of the webhook. */
  public int webhookPort() {
    return webhook.port();
  }

  /** The port of probes and metrics. */
  public int httpPort() {
    return http.port();
  }

  /** What is missing for readiness, empty when ready. */
  public Optional<String> missing() {
    if (!certificates.ready()) {
      return Optional.of("no webhook certificate yet");
    }
    return claims.ready() ? Optional.empty() : Optional.of("the LockClaims are not known yet");
  }

  @Override
  public void close() {
    if (closing) {
      return;
    }
    boolean led = leading;
    closing = true;
    operator.stop();
    if (led) {
      giveLeaseBack();
    }
    sweeper.close();
    webhook.close();
    certificates.close();
    locks.close();
    claims.close();
    events.close();
    http.close();
  }

  /** So that the other replica need not wait until it runs out. */
  private void giveLeaseBack() {
    try {
      client
          .leases()
          .inNamespace(config.namespace())
          .withName(lease(config))
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"holderIdentity\":\"\"}}");
    } catch (KubernetesClientException e) {
      LOG.warn(
          "The Lease was not given back, the other replica takes it when it has run out: {}",
          e.getMessage());
    }
  }

  private static String lease(OperatorConfig config) {
    return config.release() + "-operator";
  }

  private void startLeading() {
    leading = true;
    certificates.wakeUp();
    LOG.info("This replica reconciles now");
  }

  private void stopLeading() {
    leading = false;
    if (!closing) {
      LOG.warn("This replica has lost its Lease: it ends, to begin anew in reserve");
      onLeadershipLost.run();
    }
  }

  /** Our own writes of the status are no reason to look again. */
  private static boolean concernsUs(LockClaim now, LockClaim before) {
    return !Objects.equals(now.getMetadata().getGeneration(), before.getMetadata().getGeneration())
        || !Objects.equals(
            now.getMetadata().getAnnotations(), before.getMetadata().getAnnotations())
        || !Objects.equals(
            now.getMetadata().getDeletionTimestamp(), before.getMetadata().getDeletionTimestamp());
  }

  private static String version() {
    return Optional.ofNullable(LockclaimOperator.class.getPackage().getImplementationVersion())
        .orElse("development");
  }
}
