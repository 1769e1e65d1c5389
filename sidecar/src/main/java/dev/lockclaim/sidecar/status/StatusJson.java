package dev.lockclaim.sidecar.status;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Queued;
import dev.lockclaim.sidecar.http.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Locks for programs. Tokens are strings, as on lock.sock: they pass 2^53. */
final class StatusJson {
  private StatusJson() {}

  static String of(List<LockStatus> locks) {
    byte[] bytes =
        Json.write(
            json -> {
              json.writeArrayFieldStart("locks");
              for (LockStatus lock : locks) {
                write(json, lock);
              }
              json.writeEndArray();
            });
    return new String(bytes, StandardCharsets.UTF_8) + "\n";
  }

  private static void write(JsonGenerator json, LockStatus status) throws IOException {
    json.writeStartObject();
    json.writeStringField("lock", status.lock());
    json.writeNumberField("slots", status.slots());
    json.writeBooleanField("suspended", status.suspended());
    json.writeArrayFieldStart("holders");
    for (Holder holder : status.holders()) {
      json.writeStartObject();
      json.writeNumberField("slot", holder.slot());
      json.writeStringField("pod", holder.identity().pod());
      json.writeStringField("node", holder.identity().node());
      json.writeStringField("token", Long.toString(holder.token()));
      json.writeStringField("since", StatusTable.since(holder));
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("vanished");
    for (int slot : status.vanished()) {
      json.writeNumber(slot);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("line");
    int place = 0;
    for (Queued waiting : status.view().queue()) {
      json.writeStartObject();
      json.writeNumberField("position", ++place);
      json.writeStringField("pod", waiting.identity().pod());
      json.writeStringField("node", waiting.identity().node());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("problems");
    for (String problem : status.view().problems()) {
      json.writeString(problem);
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
