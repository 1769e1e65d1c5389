package dev.lockclaim.lock;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is known of versions of etcd. */
public record EtcdVersion(int major, int minor, int patch) implements Comparable<EtcdVersion> {
  private static final Comparator<EtcdVersion> ORDER =
      Comparator.comparingInt(EtcdVersion::major)
          .thenComparingInt(EtcdVersion::minor)
          .thenComparingInt(EtcdVersion::patch);

  private static final Pattern TEXT = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+).*");

  /** As etcd says it; 0.0.0 for what is none. */
  public static EtcdVersion parse(String text) {
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
  public boolean tooOld() {
    return before(3, 5, 13);
  }

  /** Before 3.5.23 and 3.6.5 a renewal of an ended lease may be answered with success. */
  boolean confirm() {
    return (minor == 6 && major == 3) ? before(3, 6, 5) : before(3, 5, 23);
  }

  /** Why one that is too old is not used, in a sentence. */
  public String refusal() {
    return "etcd "
        + this
        + " is too old: below 3.5.13 a slow leader may end leases that are renewed; upgrade to"
        + " 3.5.23, 3.6.5 or later";
  }

  private boolean before(int otherMajor, int otherMinor, int otherPatch) {
    return compareTo(new EtcdVersion(otherMajor, otherMinor, otherPatch)) < 0;
  }

  @Override
  public int compareTo(EtcdVersion other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
