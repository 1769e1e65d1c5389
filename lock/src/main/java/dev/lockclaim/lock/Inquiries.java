package dev.lockclaim.lock;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFailure;
import dev.lockclaim.lock.view.Snapshot;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks etcd what a candidate wants to know and nobody waits for in a hand-over: each question on a
 * virtual thread of its own, which may block, and answered by a word. Any thread; returns at once.
 */
final class Inquiries {
  private static final Logger log = LoggerFactory.getLogger(Inquiries.class);

  private static final Duration DEADLINE = Duration.ofSeconds(1);

  /** Hears the answers; any thread. */
  interface Words {
    void connected(Connecting.Begun begun);

    void refused(Connecting.Refused why);

    void read(Snapshot snapshot, Action.Read asked);

    /** Nothing is heard of changes. */
    void watchNotOpened();

    void leaseWord(long lease, boolean isOver);

    void weak(long lease, boolean isWeak);

    /**
     * No answer.
     *
     * @param why empty where it was logged already
     */
    void failed(String why);
  }

  private final Etcd etcd;
  private final CandidateConfig config;
  private final BootClock clock;
  private final Watches watches;
  private final Words words;

  /** Asks nothing yet. */
  Inquiries(Etcd etcd, CandidateConfig config, BootClock clock, Watches watches, Words words) {
    this.etcd = etcd;
    this.config = config;
    this.clock = clock;
    this.watches = watches;
    this.words = words;
  }

  /** Begins a session: connected, refused or failed is said. */
  void connect(Action.Connect action) {
    apart(
        "connect",
        () -> {
          try {
            Connecting.Begun begun = new Connecting(etcd, config, clock).connect(action.marks());
            // The view first: what the watch tells goes on top of it.
            words.connected(begun);
            watch(begun.snapshot());
          } catch (EtcdFailure e) {
            words.failed(e.getMessage());
          } catch (Connecting.Refused e) {
            words.refused(e);
          }
        });
  }

  /** Reads the lock, and opens a watch from there if that is asked for. */
  void read(Action.Read action) {
    apart(
        "read",
        () -> {
          try {
            Snapshot snapshot = etcd.read(DEADLINE);
            words.read(snapshot, action);
            if (action.openWatch()) {
              watch(snapshot);
            }
          } catch (EtcdFailure e) {
            words.failed(e.getMessage());
          }
        });
  }

  private void watch(Snapshot from) {
    try {
      watches.open(from);
    } catch (EtcdFailure e) {
      log.warn("{}", e.getMessage());
      words.watchNotOpened();
    }
  }

  /** Asks whether the lease of a holder that vanished has ended. */
  void askLease(long lease) {
    apart(
        "ask",
        () -> {
          try {
            words.leaseWord(lease, etcd.remaining(lease, DEADLINE) < 0);
          } catch (EtcdFailure e) {
            if (e.kind() == EtcdFailure.Kind.NO_LEASE) {
              words.leaseWord(lease, true);
            } else {
              words.failed(e.getMessage());
            }
          }
        });
  }

  /** Asks which of those in line have missed renewals. */
  void askFreshness(Action.AskFreshness action) {
    apart(
        "successors",
        () -> {
          for (long lease : action.leases()) {
            try {
              words.weak(lease, etcd.remaining(lease, DEADLINE) < action.expectedSeconds());
            } catch (EtcdFailure e) {
              log.debug("nothing is known of candidate {}: {}", lease, e.getMessage());
            }
          }
        });
  }

  /** Has it done by a virtual thread of its own; what is thrown there is logged and said. */
  void apart(String name, Transactions.Work work) {
    Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                work.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException | Error e) {
                log.error("{} failed in an unforeseen way; it is tried again", name, e);
                words.failed("");
              }
            });
  }
}
