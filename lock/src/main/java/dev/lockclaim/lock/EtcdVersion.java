package dev.lockclaim.lock;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is known of versions of etcd. */
record EtcdVersion(int major, int minor, int patch) {
  private static final Pattern TEXT = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+).*");

  static EtcdVersion parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return new EtcdVersion(0, 0, 0);
    }
    return new EtcdVersion(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        Integer.parseInt(matcher.group(3)));
  }

  /** Below 3.5.13 a leader that is stuck may end all leases (etcd issue 15247). */
  boolean tooOld() {
    return before(3, 5, 13);
  }

  /** Before 3.5.23 and 3.6.5 a renewal of an ended lease may be answered with success. */
  boolean confirm() {
    return (minor == 6 && major == 3) ? before(3, 6, 5) : before(3, 5, 23);
  }

  String refusal() {
    return "etcd "
        + major
        + "."
        + minor
        + "."
        + patch
        + " is too old: below 3.5.13 a slow leader may end leases that are renewed; upgrade to"
        + " 3.5.23, 3.6.5 or later";
  }

  private boolean before(int otherMajor, int otherMinor, int otherPatch) {
    if (major != otherMajor) {
      return major < otherMajor;
    }
    return minor != otherMinor ? minor < otherMinor : patch < otherPatch;
  }
}
