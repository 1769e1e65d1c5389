package dev.lockclaim.operator.etcd;

import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.Request;
import dev.lockclaim.operator.observe.Settings;
import dev.lockclaim.operator.observe.Token;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.PutOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The transactions by which the operator changes a lock. Each compares what the decision was made
 * from, and returns false without having done anything if that is no longer so: the watch then
 * brings what is, and it is decided again.
 */
public final class LockWriter {
  interface Connections {
    EtcdConnection current() throws EtcdProblem;
  }

  private final Connections connections;

  LockWriter(Connections connections) {
    this.connections = connections;
  }

  /** What a linearizable read made now tells about which etcd this is and how far it is. */
  public EtcdIdentity readIdentity(EtcdIdentity before) throws EtcdProblem {
    GetResponse pong = connections.current().ping();
    return before.read(EtcdConnection.clusterId(pong), pong.getHeader().getRevision());
  }

  /**
   * Writes the settings.
   *
   * @param seenRevision mod_revision of the settings that the decision was made from, 0 for none
   */
  public boolean putSettings(LockId lock, Settings settings, long seenRevision) throws EtcdProblem {
    String key = LockCodec.path(lock) + "settings";
    EtcdConnection etcd = connections.current();
    return etcd.transact(key, seenRevision, List.of(put(etcd, key, LockCodec.encode(settings))));
  }

  /** Deletes the settings: nobody is granted the lock from then on. */
  public boolean deleteSettings(LockId lock, long seenRevision) throws EtcdProblem {
    String key = LockCodec.path(lock) + "settings";
    EtcdConnection etcd = connections.current();
    return etcd.transact(
        key, seenRevision, List.of(Op.delete(etcd.key(key), DeleteOption.DEFAULT)));
  }

  /** Asks for a hand-over. */
  public void putRequest(LockId lock, Request request) throws EtcdProblem {
    String path = LockCodec.path(lock);
    EtcdConnection etcd = connections.current();
    etcd.transact(
        path + "none", 0, List.of(put(etcd, path + "request", LockCodec.encode(request))));
  }

  /** Takes the request for a hand-over back. */
  public void deleteRequest(LockId lock) throws EtcdProblem {
    String path = LockCodec.path(lock);
    EtcdConnection etcd = connections.current();
    etcd.transact(
        path + "none", 0, List.of(Op.delete(etcd.key(path + "request"), DeleteOption.DEFAULT)));
  }

  /**
   * Frees the slot of a holder whose pod is known to have ended: if this grant is still there, it
   * and its ledger go.
   */
  public boolean free(LockId lock, int slot, long token) throws EtcdProblem {
    String path = LockCodec.path(lock);
    EtcdConnection etcd = connections.current();
    return etcd.transact(
        path + "holder/" + slot,
        Token.revision(token),
        List.of(
            Op.delete(etcd.key(path + "holder/" + slot), DeleteOption.DEFAULT),
            Op.delete(etcd.key(path + "ledger/" + slot), DeleteOption.DEFAULT)));
  }

  /** Deletes the ledger of a slot that the claim no longer has. */
  public boolean deleteLedger(LockId lock, int slot, long seenRevision) throws EtcdProblem {
    String key = LockCodec.path(lock) + "ledger/" + slot;
    EtcdConnection etcd = connections.current();
    return etcd.transact(
        key, seenRevision, List.of(Op.delete(etcd.key(key), DeleteOption.DEFAULT)));
  }

  /**
   * Begins a new epoch in a restored etcd, in one step: nobody stands in line, nobody holds, every
   * slot has a ledger (nobody knows how its last grant ended), and the settings are these.
   */
  public boolean beginEpoch(LockId lock, Settings settings, long seenRevision) throws EtcdProblem {
    String path = LockCodec.path(lock);
    EtcdConnection etcd = connections.current();
    DeleteOption all = DeleteOption.builder().isPrefix(true).build();
    List<Op> operations = new ArrayList<>();
    operations.add(Op.delete(etcd.key(path + "queue/"), all));
    operations.add(Op.delete(etcd.key(path + "holder/"), all));
    for (int slot = 0; slot < settings.slots(); slot++) {
      operations.add(put(etcd, path + "ledger/" + slot, LockCodec.lostLedger(settings.epoch())));
    }
    operations.add(put(etcd, path + "settings", LockCodec.encode(settings)));
    return etcd.transact(path + "settings", seenRevision, operations);
  }

  /**
   * Makes the user of a namespace's pods, with this password if the user is new or the password is.
   */
  public void ensureUser(String namespace, String password, boolean passwordIsNew)
      throws EtcdProblem {
    connections.current().users().ensure(namespace, password, passwordIsNew);
  }

  /** Name of the etcd user of a namespace's pods. */
  public static String userName(EtcdFolder folder, String namespace) {
    return EtcdUsers.name(folder.prefix(), namespace);
  }

  /** How the pods of a namespace reach etcd: the operator's own files, without its credentials. */
  public EtcdFolder folder() throws EtcdProblem {
    return connections.current().folder();
  }

  private static Op put(EtcdConnection etcd, String keyBelowPrefix, String value) {
    ByteSequence bytes = EtcdConnection.bytes(value);
    return Op.put(etcd.key(keyBelowPrefix), bytes, PutOption.DEFAULT);
  }
}
