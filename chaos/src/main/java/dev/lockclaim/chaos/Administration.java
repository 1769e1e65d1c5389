package dev.lockclaim.chaos;

import dev.lockclaim.chaos.lab.Cluster;
import dev.lockclaim.chaos.lab.Lab;
import dev.lockclaim.chaos.lab.LockKeys;
import dev.lockclaim.chaos.lab.Member;
import dev.lockclaim.chaos.plan.Fault;
import dev.lockclaim.systemtest.Span;
import java.io.IOException;
import java.util.List;

/** What administrators do to etcd and to the lock's keys, on purpose or by mistake. */
final class Administration {
  private static final String FILL = "/fill/";
  private static final int FILL_BYTES = 1 << 20;
  private static final int MOST_FILLS = 100;
  private static final int REVISIONS_SINCE = 60;
  private static final long HAND_OVER_SECONDS = 5;
  private static final long AWAIT_SECONDS = 60;

  private final Lab lab;
  private final Cluster cluster;
  private final LockKeys keys;
  private final Heartbeats beats;
  private final NemesisLog log;
  private final int ttlSeconds;
  private final int graceSeconds;

  Administration(Lab lab, Heartbeats beats, NemesisLog log, int ttlSeconds, int graceSeconds) {
    this.lab = lab;
    cluster = lab.cluster();
    keys = lab.keys();
    this.beats = beats;
    this.log = log;
    this.ttlSeconds = ttlSeconds;
    this.graceSeconds = graceSeconds;
  }

  /**
   * Does a fault, and undoes it.
   *
   * @throws Broken when the product has not done in it what it promises
   * @throws IOException when the fault could not be done
   */
  void commit(Fault fault) throws Broken, IOException, InterruptedException {
    switch (fault.kind().action()) {
      case MOVE_LEADER -> cluster.moveLeader(fault.choice());
      case COMPACT -> cluster.compact();
      case DEFRAGMENT -> cluster.defragment();
      case FILL -> fill(fault.millis());
      case ROLL -> roll();
      case ROTATE_TLS -> lab.rotateTls();
      case EXPIRE_TOKENS -> cluster.expireTokens();
      case HAND_OVER -> handOver(fault.choice());
      case REMOVE_PLACE -> cluster.ctl("del", waiting(fault.choice()));
      case REVOKE_WAITING -> {
        String key = waiting(fault.choice());
        cluster.ctl("lease", "revoke", key.substring(key.lastIndexOf('/') + 1));
      }
      case DELETE_HOLDER -> withDelay(fault, keys::deleteHolder);
      case REVOKE_HOLDER ->
          withDelay(fault, () -> cluster.ctl("lease", "revoke", keys.holderLease().orElseThrow()));
      case RESTORE -> restore(fault);
      default -> throw new IllegalArgumentException(fault + " is not for an administrator");
    }
  }

  private String waiting(int choice) throws IOException, InterruptedException {
    List<String> waiting = keys.waiting();
    if (waiting.isEmpty()) {
      throw new IOException("nobody stands in line");
    }
    return waiting.get(choice % waiting.size());
  }

  private void fill(long millis) throws IOException, InterruptedException {
    String megabyte = "x".repeat(FILL_BYTES);
    boolean full = false;
    for (int i = 0; i < MOST_FILLS && !full; i++) {
      try {
        cluster.put(FILL + i, megabyte);
      } catch (IOException e) {
        full = e.getMessage().contains("database space exceeded");
        if (!full) {
          throw e;
        }
      }
    }
    log.say("etcd is full: %s".formatted(full));
    try {
      if (!full) {
        throw new IOException("etcd could not be filled");
      }
      Thread.sleep(millis);
    } finally {
      cluster.ctl("del", "--prefix", FILL);
      cluster.compact();
      cluster.defragment();
      cluster.ctl("alarm", "disarm");
      log.say("etcd is not full any more");
    }
  }

  private void roll() throws IOException, InterruptedException {
    for (Member member : lab.members()) {
      dev.lockclaim.chaos.lab.Signals.send("TERM", member.pids());
      Thread.sleep(300);
      Lab.await("etcd after " + member.machine(), AWAIT_SECONDS, cluster::healthy);
    }
  }

  /** As the operator does it: the request is taken away once it was followed. */
  private void handOver(int choice) throws IOException, InterruptedException {
    String key = waiting(choice);
    handOver(keys.pod(key).orElseThrow(() -> new IOException(key + " names no pod, or is gone")));
  }

  /** Hands over to a candidate whose sidecar and gate are started anew each for itself. */
  void handOverToPod(Fault fault) throws Broken, IOException, InterruptedException {
    for (String key : keys.waiting()) {
      String name = keys.pod(key).orElse("");
      if (lab.candidates().stream().anyMatch(c -> c.pod() && c.machine().equals(name))) {
        long token = token();
        keys.request(name);
        Promise.undoing(
            () ->
                Promise.await(
                    fault, "a hand-over to " + name, AWAIT_SECONDS, () -> token() != token),
            keys::clearRequest);
        return;
      }
    }
    throw new IOException("no pod stands in line to which could be handed over");
  }

  private void handOver(String pod) throws IOException, InterruptedException {
    long token = token();
    keys.request(pod);
    try {
      long end = System.nanoTime() + HAND_OVER_SECONDS * 1_000_000_000L;
      while (token() == token && System.nanoTime() < end) {
        Thread.sleep(20);
      }
    } finally {
      keys.clearRequest();
    }
  }

  private long token() {
    List<Span> spans = beats.verdict().spans();
    return spans.isEmpty() ? 0 : spans.getLast().token();
  }

  /** With a delay that is longer than what a holder can miss, nobody starts too early. */
  private void withDelay(Fault fault, Promise.Deed deed)
      throws Broken, IOException, InterruptedException {
    keys.writeDelay(ttlSeconds + 2);
    Promise.undoing(
        () -> {
          Thread.sleep(500);
          long token = token();
          deed.commit();
          Promise.await(fault, "a new grant", AWAIT_SECONDS, () -> token() != token);
        },
        () -> keys.writeDelay(0));
  }

  /** A restored etcd in front of everybody; then the operator's part. */
  private void restore(Fault fault) throws Broken, IOException, InterruptedException {
    lab.backUp();
    Lab.await("etcd after the backup", AWAIT_SECONDS, cluster::healthy);
    Promise.await(
        fault, "a main after the backup", AWAIT_SECONDS, () -> beats.active().isPresent());
    handOver(fault.choice());
    // A restore is known by a revision below what was seen: everybody is to have seen a higher one
    // than what candidates that come back write in the first seconds.
    for (int i = 0; i < REVISIONS_SINCE; i++) {
      cluster.put(FILL + i, "x");
    }
    Thread.sleep((ttlSeconds + 1) * 1000L);
    log.say("restore etcd as it was before");
    lab.restore();
    Lab.await("etcd after the restore", AWAIT_SECONDS, cluster::healthy);
    Promise.await(
        fault, "the end of main after the restore", AWAIT_SECONDS, () -> beats.active().isEmpty());
    long token = token();
    log.say("main has stopped; the operator waits");
    Thread.sleep((ttlSeconds + graceSeconds) * 1000L);
    if (token() != token) {
      throw new Broken(
          "a main was started on a restored etcd before there was a new epoch: token " + token());
    }
    keys.beginEpoch();
    log.say("the operator has begun a new epoch");
  }
}
