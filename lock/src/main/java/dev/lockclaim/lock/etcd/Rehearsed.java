package dev.lockclaim.lock.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Snapshot;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Stands for an etcd in a rehearsal: does every step, whatever it compares, and puts requests and
 * answers into etcd's bytes and back as if they had been sent. Confined to one thread.
 */
public final class Rehearsed {
  /** Of no etcd in particular. */
  public static final long CLUSTER_ID = 1;

  private final Wire wire = new Wire("/rehearsal/");
  private final Map<String, Entry> keys = new TreeMap<>();
  private long revision = 1;

  /**
   * What comes of a step.
   *
   * @param outcome the answer
   * @param changes what a watch tells of it
   */
  public record Done(Outcome outcome, List<Change> changes) {}

  /** All keys. */
  public Snapshot snapshot() {
    return new Snapshot(CLUSTER_ID, revision, List.copyOf(keys.values()));
  }

  /** Does a step. */
  public Done step(Step step) {
    ByteString unused = wire.transaction(step).toByteString();
    revision++;
    List<Event> events = new ArrayList<>();
    step.writes().forEach(write -> events.add(event(write)));
    ResponseHeader header =
        ResponseHeader.newBuilder().setClusterId(CLUSTER_ID).setRevision(revision).build();
    RangeResponse.Builder all = RangeResponse.newBuilder();
    keys.values().forEach(entry -> all.addKvs(keyValue(entry)));
    TxnResponse answer =
        TxnResponse.newBuilder()
            .setHeader(header)
            .setSucceeded(!unused.isEmpty())
            .addResponses(ResponseOp.newBuilder().setResponseRange(all))
            .build();
    WatchResponse watch = WatchResponse.newBuilder().setHeader(header).addAllEvents(events).build();
    try {
      return new Done(
          wire.outcome(TxnResponse.parseFrom(answer.toByteArray())),
          wire.changes(WatchResponse.parseFrom(watch.toByteArray())));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what was just written cannot be read", e);
    }
  }

  private Event event(Step.Write write) {
    return switch (write) {
      case Step.Write.Put(String key, String value, long lease) -> {
        Entry before = keys.get(key);
        long created = before == null ? revision : before.createRevision();
        Entry entry = new Entry(key, value, created, revision, lease);
        keys.put(key, entry);
        yield Event.newBuilder().setType(Event.EventType.PUT).setKv(keyValue(entry)).build();
      }
      case Step.Write.Delete(String key) -> {
        keys.remove(key);
        yield Event.newBuilder()
            .setType(Event.EventType.DELETE)
            .setKv(keyValue(new Entry(key, "", 0, revision, 0)))
            .build();
      }
      case Step.Write.DeleteBelow(String folder) ->
          throw new IllegalArgumentException("no candidate deletes " + folder);
    };
  }

  private KeyValue keyValue(Entry entry) {
    return KeyValue.newBuilder()
        .setKey(ByteString.copyFromUtf8(wire.prefix() + entry.key()))
        .setValue(ByteString.copyFromUtf8(entry.value()))
        .setCreateRevision(entry.createRevision())
        .setModRevision(entry.modRevision())
        .setLease(entry.lease())
        .build();
  }
}
