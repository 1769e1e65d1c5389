package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The keys of the lock, as an administrator sees them, and what an operator does with them. */
public final class LockKeys {
  private static final Pattern LEASE = Pattern.compile("\"lease\":\"([0-9a-f]{16})\"");
  private static final Pattern POD = Pattern.compile("\"pod\":\"([^\"]+)\"");

  private final Cluster cluster;
  private final String prefix;
  private final AtomicLong requests = new AtomicLong();
  private long epoch;

  LockKeys(Cluster cluster, String namespace, String name) {
    this.cluster = cluster;
    prefix = "/lockclaim/" + namespace + "/" + name + "/";
  }

  /** The settings, as the operator writes them. */
  public void writeSettings(int delaySeconds, long newEpoch)
      throws IOException, InterruptedException {
    epoch = newEpoch;
    cluster.put(
        prefix + "settings",
        """
        {"v":1,"slots":1,"delaySeconds":%d,"prefer":"FirstInLine","newestRevision":"",\
        "suspend":false,"epoch":%d,"clusterId":"%s"}\
        """
            .formatted(delaySeconds, epoch, hex(cluster.clusterId())));
  }

  /** The settings with another delay. */
  public void writeDelay(int delaySeconds) throws IOException, InterruptedException {
    writeSettings(delaySeconds, epoch);
  }

  /** What the operator does after a restore, once nothing of before can run any more. */
  public void beginEpoch() throws IOException, InterruptedException {
    cluster.ctl("del", "--prefix", prefix + "queue/");
    cluster.ctl("del", "--prefix", prefix + "holder/");
    cluster.put(prefix + "ledger/0", "{\"v\":1,\"epoch\":" + epoch + ",\"pod\":\"\",\"uid\":\"\"}");
    writeSettings(0, epoch + 1);
  }

  /** How many hold the lock or stand in line. */
  public int candidates() throws IOException, InterruptedException {
    return keys("queue/").size() + keys("holder/").size();
  }

  /** Who stands in line: their keys. */
  public List<String> waiting() throws IOException, InterruptedException {
    return keys("queue/");
  }

  private List<String> keys(String below) throws IOException, InterruptedException {
    return cluster
        .ctl("get", "--prefix", "--keys-only", prefix + below)
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }

  /** The lease of the holder, as etcdctl wants it. */
  public Optional<String> holderLease() throws IOException, InterruptedException {
    return first(LEASE, cluster.ctl("get", "--print-value-only", prefix + "holder/0"));
  }

  /** The pod that stands in line at this key. */
  public Optional<String> pod(String queueKey) throws IOException, InterruptedException {
    return first(POD, cluster.ctl("get", "--print-value-only", queueKey));
  }

  /** Asks for a hand-over to a pod. */
  public void request(String pod) throws IOException, InterruptedException {
    cluster.put(
        prefix + "request",
        "{\"v\":1,\"to\":\"" + pod + "\",\"id\":\"chaos-" + requests.incrementAndGet() + "\"}");
  }

  /** Takes the request back. */
  public void clearRequest() throws IOException, InterruptedException {
    cluster.ctl("del", prefix + "request");
  }

  /** Deletes the holder's key by hand. */
  public void deleteHolder() throws IOException, InterruptedException {
    cluster.ctl("del", prefix + "holder/0");
  }

  private static Optional<String> first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static String hex(long id) {
    return HexFormat.of().toHexDigits(id);
  }
}
