package dev.lockclaim.lock.etcd;

/** A request to etcd that did not end well; the message is one sentence for the user. */
public final class EtcdFailure extends Exception {
  private static final long serialVersionUID = 1;

  /** What is known of the request. */
  public enum Kind {
    /** No answer: it may have been done, may be done later, or never. */
    UNKNOWN,
    /** The lease, ours or a successor's, is not there; nothing was done. */
    NO_LEASE,
    /** The user may not do that; nothing was done. */
    DENIED,
    /** User or password are wrong; nothing was done. */
    CREDENTIALS
  }

  private final Kind kind;

  /** One of a kind, said in a sentence. */
  public EtcdFailure(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What is known of the request. */
  public Kind kind() {
    return kind;
  }
}
