package dev.lockclaim.lock.etcd;

import com.google.protobuf.ByteString;
import dev.lockclaim.lock.view.Change;
import dev.lockclaim.lock.view.Entry;
import dev.lockclaim.lock.view.Snapshot;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;

/** Between our words and etcd's, for the keys below a prefix. Immutable. */
record Wire(String prefix) {

  RangeRequest all() {
    return RangeRequest.newBuilder().setKey(bytes(prefix)).setRangeEnd(endOf(prefix)).build();
  }

  /** A linearizable read of next to nothing. */
  RangeRequest nothing() {
    return RangeRequest.newBuilder().setKey(bytes(prefix)).setCountOnly(true).build();
  }

  /** The step; the keys are read at its end, whether it was done or not. */
  TxnRequest transaction(Step step) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    step.compares().forEach(compare -> txn.addCompare(compare(compare)));
    step.writes().forEach(write -> txn.addSuccess(write(write)));
    RequestOp read = RequestOp.newBuilder().setRequestRange(all()).build();
    return txn.addSuccess(read).addFailure(read).build();
  }

  /** Of a transaction that ends with a read. */
  Outcome outcome(TxnResponse answer) {
    return new Outcome(
        answer.getSucceeded(),
        snapshot(
            answer.getHeader(),
            answer.getResponses(answer.getResponsesCount() - 1).getResponseRange().getKvsList()));
  }

  WatchRequest watch(long revision) {
    return WatchRequest.newBuilder()
        .setCreateRequest(
            WatchCreateRequest.newBuilder()
                .setKey(bytes(prefix))
                .setRangeEnd(endOf(prefix))
                .setStartRevision(revision)
                .setProgressNotify(true))
        .build();
  }

  Snapshot snapshot(ResponseHeader header, List<KeyValue> keys) {
    return new Snapshot(
        header.getClusterId(), header.getRevision(), keys.stream().map(this::entry).toList());
  }

  List<Change> changes(WatchResponse response) {
    List<Change> changes = new ArrayList<>(response.getEventsCount());
    for (Event event : response.getEventsList()) {
      Entry entry = entry(event.getKv());
      changes.add(
          event.getType() == Event.EventType.DELETE
              ? new Change.Delete(entry.key(), entry.modRevision())
              : new Change.Put(entry));
    }
    return changes;
  }

  private Entry entry(KeyValue key) {
    return new Entry(
        key.getKey().toStringUtf8().substring(prefix.length()),
        key.getValue().toStringUtf8(),
        key.getCreateRevision(),
        key.getModRevision(),
        key.getLease());
  }

  private Compare compare(Step.Compare compare) {
    Compare.Builder equal = Compare.newBuilder().setResult(Compare.CompareResult.EQUAL);
    return switch (compare) {
      case Step.Compare.Created(String key, long revision) ->
          equal
              .setKey(bytes(prefix + key))
              .setTarget(Compare.CompareTarget.CREATE)
              .setCreateRevision(revision)
              .build();
      case Step.Compare.Modified(String key, long revision) ->
          equal
              .setKey(bytes(prefix + key))
              .setTarget(Compare.CompareTarget.MOD)
              .setModRevision(revision)
              .build();
    };
  }

  private RequestOp write(Step.Write write) {
    RequestOp.Builder op = RequestOp.newBuilder();
    return switch (write) {
      case Step.Write.Put(String key, String value, long lease) ->
          op.setRequestPut(
                  PutRequest.newBuilder()
                      .setKey(bytes(prefix + key))
                      .setValue(bytes(value))
                      .setLease(lease))
              .build();
      case Step.Write.Delete(String key) ->
          op.setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(bytes(prefix + key)))
              .build();
      case Step.Write.DeleteBelow(String folder) ->
          op.setRequestDeleteRange(
                  DeleteRangeRequest.newBuilder()
                      .setKey(bytes(prefix + folder))
                      .setRangeEnd(endOf(prefix + folder)))
              .build();
    };
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /** The first key after all that begin with this; a prefix ends with a slash, which has a next. */
  private static ByteString endOf(String prefix) {
    byte[] end = bytes(prefix).toByteArray();
    end[end.length - 1]++;
    return ByteString.copyFrom(end);
  }
}
