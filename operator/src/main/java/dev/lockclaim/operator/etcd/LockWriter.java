package dev.lockclaim.operator.etcd;

import dev.lockclaim.lock.etcd.Head;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.Step.Compare;
import dev.lockclaim.lock.etcd.Step.Write;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.Ledger;
import dev.lockclaim.lock.view.LockCodec;
import dev.lockclaim.lock.view.LockKeys;
import dev.lockclaim.lock.view.Settings;
import dev.lockclaim.operator.observe.EtcdIdentity;
import dev.lockclaim.operator.observe.LockId;
import dev.lockclaim.operator.observe.ObservedLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The transactions by which the operator changes a lock. Each compares what the decision was made
 * from, and returns false without having done anything if that is no longer so: the watch then
 * brings what is, and it is decided again.
 */
public final class LockWriter {
  // A LockClaim has 32 slots at the most. Nobody is granted this one, so its ledger is neither
  // written over nor given back, and no grant waits for it.
  private static final int SLOT_OF_NO_CLAIM = 32;

  interface Connections {
    EtcdConnection current() throws EtcdProblem;
  }

  private final Connections connections;

  LockWriter(Connections connections) {
    this.connections = connections;
  }

  /** What a linearizable read made now tells about which etcd this is and how far it is. */
  public EtcdIdentity readIdentity(EtcdIdentity before) throws EtcdProblem {
    Head head = connections.current().ping();
    return before.read(head.clusterId(), head.revision());
  }

  /**
   * Writes the settings.
   *
   * @param seenRevision mod_revision of the settings that the decision was made from, 0 for none
   */
  public boolean putSettings(LockId lock, Settings settings, long seenRevision) throws EtcdProblem {
    return step(lock, settingsAt(seenRevision), List.of(settings(settings)));
  }

  /**
   * Deletes the settings: nobody is granted the lock from then on. What they said of the epoch
   * stays as a ledger of a slot that no claim has, if it was not the first one.
   */
  public boolean deleteSettings(LockId lock, ObservedLock seen) throws EtcdProblem {
    List<Write> writes = new ArrayList<>();
    writes.add(new Write.Delete(LockKeys.SETTINGS));
    long epoch = seen.highestEpoch();
    Ledger kept = seen.view().ledgers().get(SLOT_OF_NO_CLAIM);
    if (epoch > (kept == null ? 0 : kept.epoch())) {
      String ledger = LockCodec.ledger(Identity.NOBODY, epoch);
      writes.add(new Write.Put(LockKeys.ledger(SLOT_OF_NO_CLAIM), ledger, 0));
    }
    return step(lock, settingsAt(seen.settingsRevision()), writes);
  }

  /**
   * Asks for a hand-over.
   *
   * @param to name of a pod, or any
   */
  public void putRequest(LockId lock, String to, String id) throws EtcdProblem {
    step(lock, List.of(), List.of(new Write.Put(LockKeys.REQUEST, LockCodec.request(to, id), 0)));
  }

  /** Takes the request for a hand-over back. */
  public void deleteRequest(LockId lock) throws EtcdProblem {
    step(lock, List.of(), List.of(new Write.Delete(LockKeys.REQUEST)));
  }

  /**
   * Frees the slot of a holder whose pod is known to have ended: if this grant is still there, it
   * and its ledger go.
   */
  public boolean free(LockId lock, int slot, long grantRevision) throws EtcdProblem {
    return step(
        lock,
        List.of(new Compare.Modified(LockKeys.holder(slot), grantRevision)),
        List.of(new Write.Delete(LockKeys.holder(slot)), new Write.Delete(LockKeys.ledger(slot))));
  }

  /** Deletes these ledgers and the request of a lock that has no settings and no holders. */
  public boolean clear(LockId lock, List<Ledger> ledgers) throws EtcdProblem {
    List<Compare> compares = new ArrayList<>(settingsAt(0));
    List<Write> writes = new ArrayList<>();
    writes.add(new Write.Delete(LockKeys.REQUEST));
    for (Ledger ledger : ledgers) {
      compares.add(new Compare.Modified(LockKeys.holder(ledger.slot()), 0));
      compares.add(new Compare.Modified(LockKeys.ledger(ledger.slot()), ledger.modRevision()));
      writes.add(new Write.Delete(LockKeys.ledger(ledger.slot())));
    }
    return step(lock, compares, writes);
  }

  /**
   * Begins a new epoch in a restored etcd, in one step: nobody stands in line, nobody holds, every
   * slot has a ledger (nobody knows how its last grant ended), and the settings are these.
   *
   * @param seen whose slots have a ledger too: the claim may have had more of them, and have them
   *     again
   */
  public boolean beginEpoch(LockId lock, ObservedLock seen, Settings settings, long seenRevision)
      throws EtcdProblem {
    List<Write> writes = new ArrayList<>();
    writes.add(new Write.DeleteBelow(LockKeys.QUEUE));
    writes.add(new Write.DeleteBelow(LockKeys.HOLDER));
    String lost = LockCodec.ledger(Identity.NOBODY, settings.epoch());
    Set<Integer> slots = new TreeSet<>(seen.view().ledgers().keySet());
    slots.addAll(seen.view().holders().keySet());
    IntStream.range(0, settings.slots()).forEach(slots::add);
    slots.forEach(slot -> writes.add(new Write.Put(LockKeys.ledger(slot), lost, 0)));
    writes.add(settings(settings));
    return step(lock, settingsAt(seenRevision), writes);
  }

  /**
   * Makes the user of a namespace's pods, with this password if the user is new or the password is.
   */
  public void ensureUser(String namespace, String password, boolean passwordIsNew)
      throws EtcdProblem {
    EtcdConnection etcd = connections.current();
    new EtcdUsers(etcd, etcd.files().prefix()).ensure(namespace, password, passwordIsNew);
  }

  /** Name of the etcd user of a namespace's pods. */
  public static String userName(EtcdFiles files, String namespace) {
    return EtcdUsers.name(files.prefix(), namespace);
  }

  /** How etcd is reached now. */
  public EtcdFiles files() throws EtcdProblem {
    return connections.current().files();
  }

  private boolean step(LockId lock, List<Compare> compares, List<Write> writes) throws EtcdProblem {
    return connections.current().step(lock, new Step(compares, writes));
  }

  private static List<Compare> settingsAt(long revision) {
    return List.of(new Compare.Modified(LockKeys.SETTINGS, revision));
  }

  private static Write settings(Settings settings) {
    return new Write.Put(LockKeys.SETTINGS, LockCodec.settings(settings), 0);
  }
}
