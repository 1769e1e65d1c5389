package dev.lockclaim.operator.etcd;

import dev.lockclaim.lock.EtcdVersion;
import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.etcd.EtcdFolder;
import dev.lockclaim.lock.etcd.Head;
import dev.lockclaim.lock.etcd.Step;
import dev.lockclaim.lock.etcd.Watching;
import dev.lockclaim.lock.view.Snapshot;
import dev.lockclaim.operator.observe.LockId;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.time.Duration;

/**
 * All locks in etcd. What one member cannot do is asked of the others before it counts as a
 * failure. Safe for use by many threads.
 */
final class EtcdConnection implements AutoCloseable {
  // The operator is not in the path of any lock: it may wait longer than a sidecar, but not so long
  // that a reconcile hangs.
  private static final Duration DEADLINE = Duration.ofSeconds(3);

  private final EtcdFiles files;
  private final Etcd etcd;

  private interface Attempt<T> {
    T make() throws EtcdFailure, InterruptedException;
  }

  private EtcdConnection(EtcdFiles files, Etcd etcd) {
    this.files = files;
    this.etcd = etcd;
  }

  static EtcdConnection open(EtcdFolder folder) throws EtcdProblem {
    EtcdFiles files = EtcdFiles.read(folder);
    try {
      return new EtcdConnection(files, Etcd.open(folder, files.prefix() + "/"));
    } catch (IOException e) {
      throw EtcdProblem.misconfigured(e);
    }
  }

  /** What the connection was made from. */
  EtcdFiles files() {
    return files;
  }

  /** The version of the oldest member that answers. */
  String version() throws EtcdProblem {
    EtcdVersion oldest = null;
    EtcdFailure last = null;
    for (int i = 0; i < etcd.members(); i++) {
      try {
        EtcdVersion version = EtcdVersion.parse(etcd.version(DEADLINE));
        oldest = oldest == null || version.compareTo(oldest) < 0 ? version : oldest;
        etcd.turn();
      } catch (EtcdFailure e) {
        last = e;
      } catch (InterruptedException e) {
        throw stopping();
      }
    }
    if (oldest == null) {
      throw EtcdProblem.of(last);
    }
    if (oldest.tooOld()) {
      throw new EtcdProblem("EtcdTooOld", oldest.refusal() + ".");
    }
    return oldest.toString();
  }

  /** All keys of all locks. */
  Snapshot read() throws EtcdProblem {
    return attempt(() -> etcd.read(DEADLINE));
  }

  /**
   * A linearizable read of next to nothing: proves that a majority answers, and tells cluster id
   * and revision.
   */
  Head ping() throws EtcdProblem {
    return attempt(() -> etcd.head(DEADLINE));
  }

  Watching watch(long revision, Etcd.Listener listener) throws EtcdProblem {
    return attempt(() -> etcd.watch(revision, listener));
  }

  /** Carries the step out; false, and nothing is done, if its comparisons do not hold. */
  boolean step(LockId lock, Step step) throws EtcdProblem {
    Etcd keys = etcd.below(lock.folder());
    return attempt(() -> keys.step(step, DEADLINE)).done();
  }

  <Q, R> R call(MethodDescriptor<Q, R> method, Q request) throws EtcdProblem {
    return attempt(() -> etcd.call(method, request, DEADLINE));
  }

  @Override
  public void close() {
    etcd.close();
  }

  /**
   * Asks each member once; and, if they were quick to fail, once more: a connection may have been
   * of the time before a certificate or a password was changed, and is made anew after a failure.
   * Always whole rounds, so that a trouble that goes on is the same member's each time.
   */
  private <T> T attempt(Attempt<T> attempt) throws EtcdProblem {
    long start = System.nanoTime();
    EtcdFailure last = null;
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < etcd.members(); i++) {
        try {
          return attempt.make();
        } catch (EtcdFailure e) {
          last = e;
          if (e.kind() == EtcdFailure.Kind.DENIED || e.kind() == EtcdFailure.Kind.NO_LEASE) {
            throw EtcdProblem.of(e);
          }
        } catch (InterruptedException e) {
          throw stopping();
        }
      }
      if (System.nanoTime() - start > DEADLINE.toNanos()) {
        break;
      }
    }
    throw EtcdProblem.of(last);
  }

  private static EtcdProblem stopping() {
    Thread.currentThread().interrupt();
    return new EtcdProblem("EtcdUnreachable", "The operator is stopping.");
  }
}
