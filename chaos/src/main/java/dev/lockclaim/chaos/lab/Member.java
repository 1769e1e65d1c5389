package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One member of etcd on a machine of its own. */
public final class Member {
  /** Small, so that it is full soon. */
  private static final long QUOTA_BYTES = 24L << 20;

  private static final String TOKEN_SECONDS = "20s";

  private final String machine;
  private final String url;
  private final Path data;
  static final int PEER_PORT = 2380;

  private final Supervised process;

  Member(String machine, LabSettings settings, Network network, Cgroups cgroups, Secrets secrets) {
    this.machine = machine;
    url = url(machine, network, secrets);
    data = settings.folder().resolve("etcd").resolve(machine);
    List<String> command = new ArrayList<>(cgroups.enter(machine));
    command.addAll(network.enter(machine));
    command.addAll(etcd(settings, network, secrets));
    Path log = settings.folder().resolve(machine + ".log");
    process =
        new Supervised(
            machine, command, Map.of(), log, () -> Files.createDirectories(data.getParent()));
  }

  private static String url(String machine, Network network, Secrets secrets) {
    return (secrets == null ? "http://" : "https://") + network.address(machine) + ":2379";
  }

  private static String peer(String machine, Network network) {
    return "http://" + network.address(machine) + ":" + PEER_PORT;
  }

  private List<String> etcd(LabSettings settings, Network network, Secrets secrets) {
    List<String> peers =
        Lab.MEMBERS.stream().map(member -> member + "=" + peer(member, network)).toList();
    List<String> command =
        new ArrayList<>(
            List.of(
                settings.bin().resolve("etcd").toString(),
                "--name=" + machine,
                "--data-dir=" + data,
                "--listen-client-urls=" + url,
                "--advertise-client-urls=" + url,
                "--listen-peer-urls=" + peer(machine, network),
                "--initial-advertise-peer-urls=" + peer(machine, network),
                "--initial-cluster=" + String.join(",", peers),
                "--quota-backend-bytes=" + QUOTA_BYTES,
                "--bcrypt-cost=4",
                "--log-level=warn"));
    if (secrets != null) {
      command.addAll(
          List.of(
              "--cert-file=" + secrets.file("server.crt"),
              "--key-file=" + secrets.file("server.key"),
              "--trusted-ca-file=" + secrets.file("client-ca.crt"),
              "--client-cert-auth",
              "--auth-token=jwt,sign-method=RS256,pub-key="
                  + secrets.file("jwt.pub")
                  + ",priv-key="
                  + secrets.file("jwt.key")
                  + ",ttl="
                  + TOKEN_SECONDS));
    }
    return command;
  }

  /** Its machine's name. */
  public String machine() {
    return machine;
  }

  String url() {
    return url;
  }

  Path data() {
    return data;
  }

  void start() {
    process.start();
  }

  /** Its process; none when it is being started. */
  public List<Long> pids() {
    return process.pid() == 0 ? List.of() : List.of(process.pid());
  }

  /** Not started anew until {@link #release}. */
  public void hold() {
    process.hold();
  }

  /** Ends one {@link #hold}. */
  public void release() {
    process.release();
  }

  void close() throws InterruptedException {
    process.close();
  }

  /** Ends it for now; it stays so until {@link #release}. */
  void stop() throws IOException, InterruptedException {
    hold();
    for (List<Long> left = pids(); !left.isEmpty(); left = pids()) {
      Signals.send("KILL", left);
      Thread.sleep(10);
    }
  }
}
