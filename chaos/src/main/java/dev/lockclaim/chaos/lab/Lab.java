package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Three etcd members and some candidates, each on a machine of its own as far as the network goes.
 * {@link #close} takes all of it away, also what a lab that was killed has left.
 */
public final class Lab {
  /**
   * So long a main that ignores SIGTERM goes on in a pod that is told to end: the gate kills it 3 s
   * before the pod's grace is over (gate/PROTOCOL.md).
   */
  public static final long LONGEST_STOP_MILLIS =
      CandidateFactory.TERMINATION_GRACE_SECONDS * 1000L - 3000;

  static final List<String> MEMBERS = List.of("etcd1", "etcd2", "etcd3");

  private final LabSettings settings;
  private final Cgroups cgroups;
  private final List<Candidate> candidates = new CopyOnWriteArrayList<>();
  private final List<Member> members = new ArrayList<>();
  private Network network;
  private Secrets secrets;
  private Cluster cluster;
  private LockKeys keys;
  private CandidateFactory factory;
  private boolean closed;

  /** A lab in which nothing runs yet; takes away what one that was killed has left. */
  public Lab(LabSettings settings) throws IOException, InterruptedException {
    this.settings = settings;
    cgroups = Cgroups.find();
    takeAway();
  }

  /** Builds it, and returns when etcd answers and the settings are in place. */
  public void start() throws IOException, InterruptedException {
    cgroups.enter();
    List<String> machines = new ArrayList<>(MEMBERS);
    int all = settings.launchers() + settings.pods();
    IntStream.rangeClosed(1, all).forEach(number -> machines.add("c" + number));
    network = Network.make(machines);
    for (String machine : machines) {
      cgroups.make(machine);
      cgroups.make(Candidate.container(machine));
    }
    if (settings.secure()) {
      secrets =
          Secrets.make(
              settings.folder().resolve("secrets"),
              MEMBERS.stream().map(network::address).toList());
    }
    MEMBERS.forEach(name -> members.add(new Member(name, settings, network, cgroups, secrets)));
    members.forEach(Member::start);
    cluster = new Cluster(settings, members, secrets);
    await("etcd", 60, cluster::healthy);
    if (settings.secure()) {
      enableUsers();
    }
    keys = new LockKeys(cluster, "default", "chaos");
    keys.writeSettings(0, 0);
    factory = new CandidateFactory(settings, network, cgroups, secrets, urls());
    factory.warmUp();
    addCandidates(settings.memory().resolve("records"), List.of());
  }

  private void addCandidates(Path records, List<String> more) throws IOException {
    for (int number = 1; number <= settings.launchers() + settings.pods(); number++) {
      candidates.add(factory.make(number, records, more));
    }
    candidates.forEach(Candidate::start);
  }

  /** Other candidates instead, whose mains write other records and offer them to a store too. */
  public void replaceCandidates(Path records, Path store) throws IOException, InterruptedException {
    for (Candidate candidate : candidates) {
      candidate.close();
    }
    candidates.clear();
    addCandidates(records, List.of("store=" + store));
  }

  private String urls() {
    return String.join(",", members.stream().map(Member::url).toList());
  }

  private void enableUsers() throws IOException, InterruptedException {
    cluster.ctl("user", "add", "root:" + Secrets.ROOT_PASSWORD);
    cluster.ctl("user", "grant-role", "root", "root");
    cluster.ctl("role", "add", Secrets.USER);
    cluster.ctl("role", "grant-permission", Secrets.USER, "--prefix", "readwrite", "/lockclaim/");
    cluster.ctl("user", "add", Secrets.USER + ":" + Secrets.PASSWORD);
    cluster.ctl("user", "grant-role", Secrets.USER, Secrets.USER);
    cluster.ctl("auth", "enable");
    cluster.authenticate();
  }

  /** Something that may fail as long as it is not so yet. */
  public interface Question {
    /** Whether it is so. */
    boolean holds() throws IOException, InterruptedException;
  }

  /**
   * Waits until something of the lab is so.
   *
   * @throws IOException when it does not come: the lab, not the product, has not done its part
   */
  public static void await(String what, long seconds, Question question)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    Optional<IOException> last = Optional.empty();
    while (System.nanoTime() < end) {
      try {
        if (question.holds()) {
          return;
        }
      } catch (IOException e) {
        last = Optional.of(e);
      }
      Thread.sleep(100);
    }
    throw new IOException(
        what + " was waited for in vain for " + seconds + " s", last.orElse(null));
  }

  /** The candidates. */
  public List<Candidate> candidates() {
    return candidates;
  }

  /** etcd's members. */
  public List<Member> members() {
    return members;
  }

  /** etcd as a whole. */
  public Cluster cluster() {
    return cluster;
  }

  /** The lock's keys. */
  public LockKeys keys() {
    return keys;
  }

  /** What joins them. */
  public Network network() {
    return network;
  }

  /** Exchanges all certificates. */
  public void rotateTls() throws IOException, InterruptedException {
    secrets.rotate();
  }

  /** Whether this machine's kernel can limit the writes to the members' disk; tries it. */
  public boolean canLimitWrites() throws InterruptedException {
    try {
      limitWrites(members().getFirst(), 0);
      return true;
    } catch (IOException noSuchLimitOrNoDiskThatTakesOne) {
      return false;
    }
  }

  /** Few writes a second for a member's disk; 0 is no limit. */
  public void limitWrites(Member member, int perSecond) throws IOException, InterruptedException {
    String device =
        Shell.run("findmnt", "-n", "-o", "MAJ:MIN", "-T", settings.folder().toString()).strip();
    cgroups.limitWrites(member.machine(), device, perSecond);
  }

  /** Stops or resumes everything of a candidate, as if its machine stood still. */
  public void freezeMachine(Candidate candidate, boolean frozen) throws IOException {
    cgroups.freeze(Candidate.container(candidate.machine()), frozen);
    cgroups.freeze(candidate.machine(), frozen);
  }

  /** Stops etcd, keeps a copy of its data, and starts it. */
  public void backUp() throws IOException, InterruptedException {
    for (Member member : members) {
      member.stop();
    }
    for (Member member : members) {
      Path copy = backup(member);
      Shell.run("rm", "-rf", copy.toString());
      Shell.run("cp", "-a", member.data().toString(), copy.toString());
    }
    members.forEach(Member::release);
  }

  /** Stops etcd, puts the copy of its data back, and starts it. */
  public void restore() throws IOException, InterruptedException {
    for (Member member : members) {
      member.stop();
    }
    for (Member member : members) {
      Shell.run("rm", "-rf", member.data().toString());
      Shell.run("cp", "-a", backup(member).toString(), member.data().toString());
    }
    members.forEach(Member::release);
  }

  private static Path backup(Member member) {
    return member.data().resolveSibling(member.machine() + ".backup");
  }

  /** Takes everything away; a second call does nothing. */
  public synchronized void close() throws IOException, InterruptedException {
    if (closed) {
      return;
    }
    closed = true;
    for (Candidate candidate : candidates) {
      candidate.close();
    }
    for (Member member : members) {
      member.close();
    }
    takeAway();
  }

  private void takeAway() throws IOException, InterruptedException {
    cgroups.remove();
    Network.remove();
    delete(settings.memory());
    delete(settings.folder().resolve("etcd"));
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
