package dev.lockclaim.operator.apply;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.EventSourceBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of Events. {@link #write} returns at once and may be called by any thread; a
 * thread of its own talks to the API server.
 *
 * <p>The same event again (object, reason and message equal) raises the count of the first, and
 * within {@link #QUIET} it is left out: a ReplicaSet that retries a refused pod must not flood the
 * API server. Events are information: one that cannot be written is logged and forgotten.
 */
public final class EventWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);

  // Well below the hour that the API server keeps events, well above the first retries of a
  // controller.
  private static final Duration QUIET = Duration.ofMinutes(1);

  // More than a burst of grants over many claims; beyond it events are dropped rather than memory
  // filled.
  private static final int WAITING = 1000;

  private final KubernetesClient client;
  private final String instance;
  private final BlockingQueue<EventNote> waiting = new ArrayBlockingQueue<>(WAITING);
  private final Map<String, Instant> lastWritten = new HashMap<>();
  private final Map<String, Integer> counts = new LinkedHashMap<>();
  private final Thread writer;

  /**
   * Starts the thread.
   *
   * @param instance name of this replica, shown in the events
   */
  public EventWriter(KubernetesClient client, String instance) {
    this.client = client;
    this.instance = instance;
    this.writer = Thread.ofVirtual().name("events").start(this::run);
  }

  /** Has the event written soon; drops it, with a log line, when too many wait. */
  public void write(EventNote note) {
    if (!waiting.offer(note)) {
      LOG.warn(
          "Event {} dropped, {} others wait for the API server: {}",
          note.reason(),
          WAITING,
          note.message());
    }
  }

  @Override
  public void close() {
    writer.interrupt();
  }

  private void run() {
    try {
      while (true) {
        EventNote note = waiting.take();
        try {
          writeNow(note);
        } catch (RuntimeException e) {
          LOG.warn("Event {} not written: {}: {}", note.reason(), note.message(), e.getMessage());
        }
      }
    } catch (InterruptedException closed) {
      LOG.debug("event writer closed");
    }
  }

  private void writeNow(EventNote note) {
    String name = name(note);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    lastWritten.values().removeIf(written -> written.plus(QUIET).isBefore(now));
    if (lastWritten.putIfAbsent(name, now) != null) {
      return;
    }
    if (counts.size() > WAITING) {
      counts.remove(counts.keySet().iterator().next());
    }
    Event event = event(note, name, now);
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != 409) {
        throw e;
      }
      client
          .v1()
          .events()
          .inNamespace(event.getMetadata().getNamespace())
          .withName(name)
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"count\":"
                  + counts.merge(name, 2, (before, _) -> before + 1)
                  + ",\"lastTimestamp\":\""
                  + now
                  + "\"}");
    }
  }

  private Event event(EventNote note, String name, Instant now) {
    ObjectReference about = note.about();
    return new EventBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(about.getNamespace())
        .endMetadata()
        .withInvolvedObject(about)
        .withType(note.warning() ? "Warning" : "Normal")
        .withReason(note.reason())
        .withMessage(
            note.message().length() <= 1024
                ? note.message()
                : note.message().substring(0, 1024)) // the API's limit
        .withSource(new EventSourceBuilder().withComponent("lockclaim").build())
        .withReportingComponent("lockclaim.dev/operator")
        .withReportingInstance(instance)
        .withFirstTimestamp(now.toString())
        .withLastTimestamp(now.toString())
        .withCount(1)
        .build();
  }

  // The same event has the same name: that is what makes the second one a conflict rather than a
  // copy.
  private static String name(EventNote note) {
    String identity =
        note.about().getKind() + note.about().getUid() + note.reason() + note.message();
    return note.about().getName()
        + "."
        + UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8))
            .toString()
            .substring(0, 18);
  }
}
