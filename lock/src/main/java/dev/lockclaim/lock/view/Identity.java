package dev.lockclaim.lock.view;

/** Who stands in line or holds: a pod, or one {@code lockclaim run}. */
public record Identity(String pod, String uid, String node, String revision, int sidecar) {
  /** Where it is not known who it was. */
  public static final Identity NOBODY = new Identity("", "", "", "", 0);
}
