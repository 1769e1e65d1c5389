package dev.lockclaim.sidecar.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.lockclaim.sidecar.http.EventStream;
import dev.lockclaim.sidecar.http.Exchange;
import dev.lockclaim.sidecar.http.Json;
import dev.lockclaim.sidecar.http.Routes;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lock for main and any tool in the pod: {@code GET /v1/state}, {@code GET /v1/events}, {@code
 * POST /v1/yield}. Safe for use by any thread.
 */
public final class LockSocket {
  private static final Logger log = LoggerFactory.getLogger(LockSocket.class);

  /** So that streams, which stay open, leave connections to ask for the state. */
  private static final int MAX_STREAMS = 32;

  private final Supplier<LockView> view;
  private final Supplier<LockView> settledView;
  private final LongSupplier bootClock;
  private final BiFunction<Boolean, Optional<String>, YieldAnswer> yield;
  private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();

  /**
   * The API over a lock.
   *
   * @param view what was told of the lock last
   * @param settledView what is known of the lock now, all that main has been told included; may
   *     block
   * @param bootClock CLOCK_BOOTTIME in nanoseconds
   * @param yield gives the lock up: force, and the pod to give it to; may block
   */
  public LockSocket(
      Supplier<LockView> view,
      Supplier<LockView> settledView,
      LongSupplier bootClock,
      BiFunction<Boolean, Optional<String>, YieldAnswer> yield) {
    this.view = view;
    this.settledView = settledView;
    this.bootClock = bootClock;
    this.yield = yield;
  }

  /** What answers where. */
  public Routes routes() {
    return new Routes()
        .on("GET", "/v1/state", this::state)
        .on("GET", "/v1/events", this::events)
        .on("POST", "/v1/yield", this::askToYield);
  }

  /** Tells everybody who listens that the view has changed. */
  public void changed() {
    if (!streams.isEmpty()) {
      byte[] state = json(view.get());
      streams.forEach(stream -> stream.send("state", state));
    }
  }

  private void state(Exchange exchange) {
    apart("state", exchange, () -> answerState(exchange, 200));
  }

  private void answerState(Exchange exchange, int status) {
    exchange.answer(status, Json.CONTENT_TYPE, json(settledView.get()));
  }

  /** The event loop must not wait. */
  private static void apart(String what, Exchange exchange, Runnable answering) {
    Thread.ofVirtual()
        .name(what)
        .start(
            () -> {
              try {
                answering.run();
              } catch (RuntimeException | Error e) {
                log.error("answering {} failed", what, e);
                exchange.error(500, "the sidecar failed to answer; its log says why");
              }
            });
  }

  private void events(Exchange exchange) {
    if (streams.size() >= MAX_STREAMS) {
      exchange.error(503, "there are " + MAX_STREAMS + " streams of events already; close one");
      return;
    }
    EventStream stream = exchange.events();
    streams.add(stream);
    stream.onEnd(() -> streams.remove(stream));
    stream.send("state", json(view.get()));
  }

  private void askToYield(Exchange exchange) {
    for (String name : exchange.parameters()) {
      if (!name.equals("force") && !name.equals("to")) {
        exchange.error(400, "there is no parameter " + name + "; there are force and to");
        return;
      }
    }
    String force = exchange.single("force").orElse("false");
    if (exchange.parameter("force").size() > 1
        || !(force.equals("true") || force.equals("false"))) {
      exchange.error(400, "force is true or false");
      return;
    }
    Optional<String> to = exchange.single("to");
    if (exchange.parameter("to").size() > 1 || to.filter(String::isEmpty).isPresent()) {
      exchange.error(400, "to is the name of one pod");
      return;
    }
    apart("yield", exchange, () -> answerYield(exchange, force.equals("true"), to));
  }

  private void answerYield(Exchange exchange, boolean force, Optional<String> to) {
    switch (yield.apply(force, to)) {
      case YieldAnswer.Accepted() -> answerState(exchange, 202);
      case YieldAnswer.Declined(String sentence) -> exchange.error(409, sentence);
    }
  }

  private byte[] json(LockView now) {
    return Json.write(json -> write(json, now, now.validForMillis(bootClock.getAsLong())));
  }

  static void write(JsonGenerator json, LockView view, long validForMillis) throws IOException {
    json.writeStringField("state", view.state().word());
    json.writeStringField("lock", view.lock());
    if (view.slot().isPresent()) {
      json.writeNumberField("slot", view.slot().getAsInt());
    } else {
      json.writeNullField("slot");
    }
    if (view.token().isPresent()) {
      // A string: JSON numbers above 2^53 are not exact everywhere.
      json.writeStringField("token", Long.toString(view.token().getAsLong()));
    } else {
      json.writeNullField("token");
    }
    json.writeNumberField("validForMillis", validForMillis);
    json.writeArrayFieldStart("holders");
    for (LockView.Holder holder : view.holders()) {
      json.writeStartObject();
      json.writeNumberField("slot", holder.slot());
      json.writeStringField("pod", holder.pod());
      json.writeStringField("token", Long.toString(holder.token()));
      json.writeEndObject();
    }
    json.writeEndArray();
    if (view.position().isPresent()) {
      json.writeNumberField("position", view.position().getAsInt());
    } else {
      json.writeNullField("position");
    }
    json.writeNumberField("candidates", view.candidates());
    json.writeStringField("reason", view.reason());
  }
}
