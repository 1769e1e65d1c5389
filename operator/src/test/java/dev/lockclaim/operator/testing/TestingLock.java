package dev.lockclaim.operator.testing;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.PutOption;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Writes into etcd what sidecars would write about one lock, and reads what the operator wrote. */
public final class TestingLock implements AutoCloseable {
  private final Client client;
  private final String path;

  public TestingLock(String url, String namespace, String name) {
    this(
        Client.builder().endpoints(url).connectTimeout(Duration.ofSeconds(2)).build(),
        namespace,
        name);
  }

  public TestingLock(Client client, String namespace, String name) {
    this.client = client;
    this.path = "/lockclaim/" + namespace + "/" + name + "/";
  }

  /** A pod joins the queue. */
  public void join(String podName, String podUid) {
    put(
        "queue/" + podUid,
        "{\"v\":1,\"pod\":\"%s\",\"uid\":\"%s\",\"node\":\"n\",\"revision\":\"r\",\"sidecar\":1}"
            .formatted(podName, podUid));
  }

  /** A pod in line is granted a slot; gives back the revision of its token. */
  public long grant(int slot, long epoch, String podName, String podUid, String via) {
    String holder =
        "{\"v\":1,\"lease\":\"0\",\"epoch\":%d,\"pod\":\"%s\",\"uid\":\"%s\",\"node\":\"n\",\"revision\":\"r\",\"grantTimeMillis\":%d,\"via\":\"%s\"}"
            .formatted(epoch, podName, podUid, System.currentTimeMillis(), via);
    String ledger =
        "{\"v\":1,\"epoch\":%d,\"pod\":\"%s\",\"uid\":\"%s\"}".formatted(epoch, podName, podUid);
    return transact(
        List.of(
            Op.put(key("holder/" + slot), bytes(holder), PutOption.DEFAULT),
            Op.put(key("ledger/" + slot), bytes(ledger), PutOption.DEFAULT),
            Op.delete(key("queue/" + podUid), DeleteOption.DEFAULT)));
  }

  /** The holder gives a slot back. */
  public void release(int slot) {
    transact(
        List.of(
            Op.delete(key("holder/" + slot), DeleteOption.DEFAULT),
            Op.delete(key("ledger/" + slot), DeleteOption.DEFAULT)));
  }

  /** The lease of the holder runs out. */
  public void lose(int slot) {
    transact(List.of(Op.delete(key("holder/" + slot), DeleteOption.DEFAULT)));
  }

  /** The value of a key, empty if it is absent. */
  public Optional<String> get(String rest) {
    return await(() -> kv().get(key(rest)).get(5, TimeUnit.SECONDS)).getKvs().stream()
        .findFirst()
        .map(keyValue -> keyValue.getValue().toString(StandardCharsets.UTF_8));
  }

  /** Writes any key. */
  public void put(String rest, String value) {
    transact(List.of(Op.put(key(rest), bytes(value), PutOption.DEFAULT)));
  }

  @Override
  public void close() {
    client.close();
  }

  private long transact(List<Op> operations) {
    return await(
            () ->
                kv().txn()
                    .Then(new ArrayList<>(operations).toArray(Op[]::new))
                    .commit()
                    .get(5, TimeUnit.SECONDS))
        .getHeader()
        .getRevision();
  }

  private interface Call<T> {
    T make() throws ExecutionException, InterruptedException, TimeoutException;
  }

  private static <T> T await(Call<T> call) {
    try {
      return call.make();
    } catch (ExecutionException | InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private KV kv() {
    return client.getKVClient();
  }

  private ByteSequence key(String rest) {
    return bytes(path + rest);
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }
}
