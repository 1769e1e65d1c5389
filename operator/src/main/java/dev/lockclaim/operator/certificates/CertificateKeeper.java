package dev.lockclaim.operator.certificates;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the webhook's certificates: on every replica what is in the Secret is served; on the leader
 * the Secret and the caBundle of the webhook configuration are brought to what {@link Rotation}
 * decides.
 *
 * <p>Two leaders for a moment do no harm: the Secret is written with its resourceVersion, so the
 * second one loses and reads again.
 */
public final class CertificateKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateKeeper.class);

  // Repairs a caBundle that somebody else has overwritten; rotation itself is in no hurry.
  private static final Duration BEAT = Duration.ofMinutes(1);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final KubernetesClient client;
  private final String namespace;
  private final String secretName;
  private final String webhookConfiguration;
  private final List<String> dnsNames;
  private final BooleanSupplier leading;
  private final Clock clock;
  private final ServingKey servingKey = new ServingKey();
  private final Semaphore wakeUps = new Semaphore(0);
  private final SharedIndexInformer<Secret> informer;
  private final Thread thread;

  /**
   * Starts to watch and to keep.
   *
   * @param release name of the release: names the Secret and the webhook configuration
   * @param dnsNames what the API server calls the webhook
   * @param leading whether this replica may write
   */
  public CertificateKeeper(
      KubernetesClient client,
      String namespace,
      String release,
      List<String> dnsNames,
      BooleanSupplier leading,
      Clock clock) {
    this.client = client;
    this.namespace = namespace;
    this.secretName = release + "-webhook-tls";
    this.webhookConfiguration = release;
    this.dnsNames = List.copyOf(dnsNames);
    this.leading = leading;
    this.clock = clock;
    this.informer =
        client.secrets().inNamespace(namespace).withName(secretName).runnableInformer(0);
    informer.addEventHandler(new Loader());
    informer.exceptionHandler(
        (_, failure) -> {
          LOG.warn(
              "Secret {} cannot be watched, trying again: {}", secretName, failure.getMessage());
          return true;
        });
    var _ = informer.start(); // tries for ever; readiness says when it has succeeded
    this.thread = Thread.ofVirtual().name("certificates").start(this::run);
  }

  /** For the webhook's server; follows changes of the Secret. */
  public SSLContext tls() throws GeneralSecurityException {
    return servingKey.context();
  }

  /** Whether a certificate is being served. */
  public boolean ready() {
    return servingKey.certificate() != null;
  }

  /** End of the certificate that is served, 0 before the first. */
  public double expirySeconds() {
    var certificate = servingKey.certificate();
    return certificate == null ? 0 : certificate.getNotAfter().toInstant().getEpochSecond();
  }

  /** Looks now rather than at the next beat: this replica has become the leader. */
  public void wakeUp() {
    wakeUps.release();
  }

  @Override
  public void close() {
    thread.interrupt();
    informer.stop();
  }

  private void run() {
    try {
      while (true) {
        Duration pause = BEAT;
        try {
          if (leading.getAsBoolean()) {
            keep();
          }
        } catch (GeneralSecurityException | RuntimeException e) {
          LOG.warn("Webhook certificates not brought up to date, trying again: {}", e.getMessage());
          pause = RETRY;
        }
        if (wakeUps.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          wakeUps.drainPermits();
        }
      }
    } catch (InterruptedException closed) {
      LOG.debug("certificate keeper closed");
    }
  }

  private void keep() throws GeneralSecurityException {
    Secret secret = client.secrets().inNamespace(namespace).withName(secretName).get();
    Optional<WebhookCertificates> found =
        Optional.ofNullable(secret).flatMap(s -> WebhookCertificates.fromSecretData(s.getData()));
    Instant now = clock.instant();
    Rotation.Step step = Rotation.decide(found, dnsNames, now);
    WebhookCertificates wanted =
        switch (step) {
          case KEEP -> found.orElseThrow();
          case CREATE -> WebhookCertificates.create(dnsNames, now);
          case NEW_AUTHORITY -> found.orElseThrow().withNewAuthority(now);
          case NEW_LEAF -> found.orElseThrow().withNewLeaf(dnsNames, now);
        };
    if (step != Rotation.Step.KEEP) {
      LOG.info(
          "Webhook certificates: {}, the served one ends {}",
          step,
          wanted.leaf().getNotAfter().toInstant());
      writeSecret(secret, wanted.toSecretData());
    }
    publish(wanted.bundle());
  }

  private void writeSecret(Secret there, Map<String, String> data) {
    if (there == null) {
      client
          .resource(
              new SecretBuilder()
                  .withNewMetadata()
                  .withName(secretName)
                  .withNamespace(namespace)
                  .addToLabels("app.kubernetes.io/managed-by", "lockclaim-operator")
                  .endMetadata()
                  .withType("kubernetes.io/tls")
                  .withData(data)
                  .build())
          .create();
    } else {
      client
          .resource(new SecretBuilder(there).withData(data).build())
          .update(); // fails when somebody else was faster
    }
  }

  private void publish(String bundle) {
    String encoded = Base64.getEncoder().encodeToString(bundle.getBytes(StandardCharsets.US_ASCII));
    var resource =
        client
            .admissionRegistration()
            .v1()
            .mutatingWebhookConfigurations()
            .withName(webhookConfiguration);
    MutatingWebhookConfiguration configuration = resource.get();
    if (configuration == null) {
      throw new IllegalStateException(
          "there is no MutatingWebhookConfiguration "
              + webhookConfiguration
              + ": pods get no sidecar; install the chart");
    }
    StringBuilder patch = new StringBuilder();
    List<MutatingWebhook> webhooks = configuration.getWebhooks();
    for (int i = 0; i < webhooks.size(); i++) {
      if (!Objects.equals(webhooks.get(i).getClientConfig().getCaBundle(), encoded)) {
        patch.append(patch.isEmpty() ? "[" : ",");
        patch.append(
            "{\"op\":\"add\",\"path\":\"/webhooks/"
                + i
                + "/clientConfig/caBundle\",\"value\":\""
                + encoded
                + "\"}");
      }
    }
    if (!patch.isEmpty()) {
      resource.patch(PatchContext.of(PatchType.JSON), patch.append("]").toString());
      LOG.info("MutatingWebhookConfiguration {}: caBundle written", webhookConfiguration);
    }
  }

  private final class Loader implements ResourceEventHandler<Secret> {
    @Override
    public void onAdd(Secret secret) {
      load(secret);
    }

    @Override
    public void onUpdate(Secret before, Secret secret) {
      load(secret);
    }

    @Override
    public void onDelete(Secret secret, boolean finalStateUnknown) {
      LOG.warn("Secret {} was deleted: the leader makes a new one", secretName);
      wakeUps.release();
    }

    private void load(Secret secret) {
      WebhookCertificates.fromSecretData(secret.getData())
          .ifPresentOrElse(
              certificates -> servingKey.set(certificates.leaf(), certificates.leafKey()),
              () ->
                  LOG.info(
                      "Secret {} has no certificates that can be read: the leader makes new ones",
                      secretName));
    }
  }
}
