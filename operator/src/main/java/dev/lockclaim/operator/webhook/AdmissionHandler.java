package dev.lockclaim.operator.webhook;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockclaim.crds.LockClaim;
import dev.lockclaim.crds.Names;
import dev.lockclaim.operator.apply.EventNote;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers AdmissionReviews (admission.k8s.io/v1) for pods: finds the claim, lets the {@link
 * Injector} decide, and makes the answer seen: in the log, the metric, and in events on the pod's
 * owner and on the claim. Safe for use by many threads.
 */
public final class AdmissionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(AdmissionHandler.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Finds LockClaims; {@link ClaimCache} is the real one. */
  @FunctionalInterface
  public interface Claims {
    /** The claim, for which it may wait this long. */
    Optional<LockClaim> find(String namespace, String name, Duration patience)
        throws InterruptedException;
  }

  // The API server waits 5 s for the webhook (the chart's timeoutSeconds).
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Injector injector;
  private final Claims claims;
  private final Consumer<EventNote> events;
  private final MeterRegistry metrics;

  public AdmissionHandler(
      Injector injector, Claims claims, Consumer<EventNote> events, MeterRegistry metrics) {
    this.injector = injector;
    this.claims = claims;
    this.events = events;
    this.metrics = metrics;
  }

  /**
   * Answers one AdmissionReview.
   *
   * @throws NoReview when the body is not an AdmissionReview
   */
  public byte[] answer(byte[] body) throws IOException, InterruptedException {
    JsonNode request = read(body).path("request");
    if (!request.isObject() || !request.has("uid")) {
      throw new NoReview("the body is not an AdmissionReview with a request");
    }
    ObjectNode review =
        JSON.createObjectNode()
            .put("apiVersion", "admission.k8s.io/v1")
            .put("kind", "AdmissionReview");
    ObjectNode response = review.putObject("response").set("uid", request.get("uid"));
    String namespace = request.path("namespace").asText();
    if (request.get("object") instanceof ObjectNode pod) {
      String claimName = new PodJson(pod).label(Names.LABEL_CLAIM);
      Optional<LockClaim> claim =
          claimName.isEmpty() ? Optional.empty() : claims.find(namespace, claimName, PATIENCE);
      Verdict verdict = injector.decide(pod, namespace, claim);
      write(verdict, response);
      makeSeen(verdict, pod, namespace, claim, request.path("dryRun").asBoolean());
    } else {
      write(
          new Verdict.Rejected(
              RejectionReason.Unreadable,
              "the request has no pod: this webhook is for the creation of pods"),
          response);
    }
    return JSON.writeValueAsBytes(review);
  }

  private static JsonNode read(byte[] body) throws IOException {
    try {
      return JSON.readTree(body);
    } catch (StreamConstraintsException e) {
      throw new NoReview("the body is not JSON of a size and depth that an AdmissionReview has");
    } catch (JsonParseException e) {
      JsonLocation where = e.getLocation();
      throw new NoReview(
          "the body is not JSON at line " + where.getLineNr() + ", column " + where.getColumnNr());
    } catch (IOException e) {
      throw new NoReview("the body is not text in a known encoding");
    }
  }

  private static void write(Verdict verdict, ObjectNode response) throws IOException {
    switch (verdict) {
      case Verdict.NotAsked() -> response.put("allowed", true);
      case Verdict.Injected(var patch, var warnings) -> {
        response.put("allowed", true);
        if (!patch.isEmpty()) {
          response.put("patchType", "JSONPatch").put("patch", JSON.writeValueAsBytes(patch));
        }
        if (!warnings.isEmpty()) {
          warnings.forEach(response.putArray("warnings")::add);
        }
      }
      case Verdict.Rejected(var reason, var message) ->
          response
              .put("allowed", false)
              .putObject("status")
              .put("code", 403)
              .put("reason", "Forbidden")
              .put("message", reason + ": " + message);
    }
  }

  private void makeSeen(
      Verdict verdict,
      ObjectNode pod,
      String namespace,
      Optional<LockClaim> claim,
      boolean dryRun) {
    String podName =
        pod.at("/metadata/name").asText(pod.at("/metadata/generateName").asText("") + "*");
    Optional<ObjectReference> owner = owner(pod, namespace);
    switch (verdict) {
      case Verdict.NotAsked() -> count("unasked", "");
      case Verdict.Injected(var patch, var warnings) -> {
        count("injected", "");
        if (!dryRun && !patch.isEmpty()) {
          LOG.info(
              "Sidecar injected into pod {}/{}{}",
              namespace,
              podName,
              warnings.isEmpty() ? "" : ", with warnings " + warnings);
          String message =
              "Pods are created with the Lockclaim sidecar for LockClaim "
                  + new PodJson(pod).label(Names.LABEL_CLAIM);
          owner.ifPresent(
              about ->
                  events.accept(
                      new EventNote(about, false, Names.EVENT_SIDECAR_INJECTED, message)));
        }
      }
      case Verdict.Rejected(var reason, var message) -> {
        count("rejected", reason.name());
        LOG.warn("Pod {}/{} refused: {}: {}", namespace, podName, reason, message);
        if (!dryRun) {
          String text = reason + ": " + message;
          owner.ifPresent(
              about ->
                  events.accept(new EventNote(about, true, Names.EVENT_INJECTION_REJECTED, text)));
          claim.ifPresent(
              about ->
                  events.accept(EventNote.warning(about, Names.EVENT_INJECTION_REJECTED, text)));
        }
      }
    }
  }

  private void count(String result, String reason) {
    metrics
        .counter(Names.METRIC_WEBHOOK_REQUESTS_TOTAL, "result", result, "reason", reason)
        .increment();
  }

  private static Optional<ObjectReference> owner(ObjectNode pod, String namespace) {
    return PodJson.objects(pod.at("/metadata/ownerReferences")).stream()
        .filter(reference -> reference.path("controller").asBoolean())
        .findFirst()
        .map(
            reference ->
                new ObjectReferenceBuilder()
                    .withApiVersion(reference.path("apiVersion").asText())
                    .withKind(reference.path("kind").asText())
                    .withNamespace(namespace)
                    .withName(reference.path("name").asText())
                    .withUid(reference.path("uid").asText())
                    .build());
  }
}
