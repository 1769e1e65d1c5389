package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** etcd as an administrator has it, by etcdctl. Safe for use by many threads. */
public final class Cluster {
  private final String etcdctl;
  private final List<Member> members;
  private final Map<String, String> environment = new HashMap<>();

  /** What a member says of itself. */
  record Status(String url, long id, long leader, long clusterId, long revision, String version) {}

  Cluster(LabSettings settings, List<Member> members, Secrets secrets) {
    etcdctl = settings.bin().resolve("etcdctl").toString();
    this.members = List.copyOf(members);
    environment.put("ETCDCTL_DIAL_TIMEOUT", "2s");
    environment.put("ETCDCTL_COMMAND_TIMEOUT", "10s");
    if (secrets != null) {
      environment.put("ETCDCTL_CACERT", secrets.file("ca.crt").toString());
      environment.put("ETCDCTL_CERT", secrets.file("client.crt").toString());
      environment.put("ETCDCTL_KEY", secrets.file("client.key").toString());
    }
  }

  /** From now on as the user root. */
  void authenticate() {
    environment.put("ETCDCTL_USER", "root:" + Secrets.ROOT_PASSWORD);
  }

  /** Runs etcdctl with all members as endpoints. */
  public String ctl(String... arguments) throws IOException, InterruptedException {
    return ctl(members, arguments);
  }

  String ctl(List<Member> endpoints, String... arguments) throws IOException, InterruptedException {
    return Shell.run(environment, "", command(endpoints, arguments));
  }

  /** Writes a key. */
  public void put(String key, String value) throws IOException, InterruptedException {
    Shell.run(environment, value, command(members, "put", key));
  }

  private List<String> command(List<Member> endpoints, String... arguments) {
    List<String> command = new ArrayList<>(List.of(etcdctl));
    command.add("--endpoints=" + String.join(",", endpoints.stream().map(Member::url).toList()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Of each member that answers. */
  List<Status> status() throws IOException, InterruptedException {
    String text = Shell.attempt(environment, command(members, "endpoint", "status", "-w=fields"));
    List<Status> all = new ArrayList<>();
    Map<String, String> fields = new HashMap<>();
    for (String line : text.lines().toList()) {
      String[] pair = line.split(" : ", 2);
      if (pair.length == 2) {
        fields.put(pair[0].replace("\"", ""), pair[1].replace("\"", ""));
      }
      if (line.startsWith("\"Endpoint\"")) {
        all.add(
            new Status(
                fields.get("Endpoint"),
                Long.parseUnsignedLong(fields.get("MemberID")),
                Long.parseUnsignedLong(fields.get("Leader")),
                Long.parseUnsignedLong(fields.get("ClusterID")),
                Long.parseLong(fields.get("Revision")),
                fields.get("Version")));
        fields.clear();
      }
    }
    return all;
  }

  /** Whether all members answer and agree on the leader. */
  public boolean healthy() throws IOException, InterruptedException {
    List<Status> all = status();
    return all.size() == members.size()
        && all.getFirst().leader() != 0
        && all.stream().allMatch(status -> status.leader() == all.getFirst().leader());
  }

  /** The member that leads, if any member knows. */
  public Optional<Member> leader() throws IOException, InterruptedException {
    return status().stream()
        .filter(status -> status.id() == status.leader())
        .flatMap(status -> members.stream().filter(m -> m.url().equals(status.url())))
        .findFirst();
  }

  /** etcd's version. */
  public String version() throws IOException, InterruptedException {
    return status().getFirst().version();
  }

  long clusterId() throws IOException, InterruptedException {
    return status().getFirst().clusterId();
  }

  /** Gives the leadership to a follower. */
  public void moveLeader(int choice) throws IOException, InterruptedException {
    Optional<Member> leader = leader();
    if (leader.isEmpty()) {
      throw new IOException("there is no leader now");
    }
    List<Status> followers =
        status().stream().filter(status -> status.id() != status.leader()).toList();
    if (followers.isEmpty()) {
      throw new IOException("there is no follower now");
    }
    ctl(
        List.of(leader.get()),
        "move-leader",
        Long.toHexString(followers.get(choice % followers.size()).id()));
  }

  /** Forgets all history. */
  public void compact() throws IOException, InterruptedException {
    long revision = status().stream().mapToLong(Status::revision).max().orElse(0);
    ctl("compaction", Long.toString(revision));
  }

  /** Each member in turn, as the manual says. */
  public void defragment() throws IOException, InterruptedException {
    for (Member member : members) {
      ctl(List.of(member), "defrag");
    }
  }

  /** Makes all tokens of users stale: etcd counts changes of its users. */
  public void expireTokens() throws IOException, InterruptedException {
    ctl("user", "add", "passing:by");
    ctl("user", "delete", "passing");
  }
}
