package dev.lockclaim.lock;

/** How a lock was lost while main ran. */
public enum Loss {
  /** The lease has run out, or was ended by hand. */
  LEASE_ENDED("the lease has ended in etcd"),
  /** The holder key is gone, or somebody else's. */
  HOLDER_KEY_GONE("the holder key is no longer ours"),
  /** Another etcd, or one that has gone back. */
  ETCD_RESTORED("etcd was restored or replaced: what is held is not safe any more");

  private final String sentence;

  Loss(String sentence) {
    this.sentence = sentence;
  }

  /** In words. */
  public String sentence() {
    return sentence;
  }
}
