package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A bridge with a network namespace for each machine of the lab. Safe for use by many threads. */
public final class Network {
  static final String BRIDGE = "lcchaos";
  private static final String SUBNET = "10.98.";
  private static final int FIRST = 11;

  /** Where the packets of a machine are stopped. */
  public enum Cut {
    /** Both ways, silently. */
    BOTH(Packets.ALL, "drop", true, true),
    IN(Packets.ALL, "drop", true, false),
    OUT(Packets.ALL, "drop", false, true),
    /** Both ways; whoever asks is told at once. */
    RESET(Packets.ALL, "reject with tcp reset", true, true),
    /** Both ways, silently, between members of etcd alone: clients reach each side. */
    PEERS(Packets.OF_PEERS, "drop", true, true);

    private final Packets packets;
    private final String verdict;
    private final boolean in;
    private final boolean out;

    Cut(Packets packets, String verdict, boolean in, boolean out) {
      this.packets = packets;
      this.verdict = verdict;
      this.in = in;
      this.out = out;
    }

    private String on(String link) {
      StringBuilder rules = new StringBuilder();
      for (String match : packets.matches.split(",", -1)) {
        rules.append(" %s eth0 meta l4proto tcp %s %s;".formatted(link, match, verdict));
      }
      return rules.toString();
    }
  }

  private enum Packets {
    ALL(""),
    OF_PEERS("tcp dport " + Member.PEER_PORT + ",tcp sport " + Member.PEER_PORT);

    private final String matches;

    Packets(String matches) {
      this.matches = matches;
    }
  }

  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<String, List<Cut>> cuts = new HashMap<>();

  private Network() {}

  static Network make(List<String> machines) throws IOException, InterruptedException {
    Network network = new Network();
    Shell.run("ip", "link", "add", BRIDGE, "type", "bridge");
    Shell.run("ip", "address", "add", SUBNET + "0.1/24", "dev", BRIDGE);
    Shell.run("ip", "link", "set", BRIDGE, "up");
    for (String machine : machines) {
      network.add(machine);
    }
    return network;
  }

  private void add(String machine) throws IOException, InterruptedException {
    int number = FIRST + numbers.size();
    numbers.put(machine, number);
    String space = space(machine);
    String link = BRIDGE + number;
    Shell.run("ip", "netns", "add", space);
    Shell.run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space);
    Shell.run("ip", "link", "set", link, "master", BRIDGE, "up");
    Shell.run("ip", "-n", space, "link", "set", "lo", "up");
    Shell.run("ip", "-n", space, "address", "add", address(machine) + "/24", "dev", "eth0");
    Shell.run("ip", "-n", space, "link", "set", "eth0", "up");
    filter(machine, List.of());
  }

  /** The machine's address. */
  String address(String machine) {
    return SUBNET + "0." + numbers.get(machine);
  }

  /** A command that enters the machine and then becomes the rest of its words. */
  List<String> enter(String machine) {
    return List.of("ip", "netns", "exec", space(machine));
  }

  /** Begins to stop packets, on top of what is stopped already. */
  public synchronized void cut(String machine, Cut cut) throws IOException, InterruptedException {
    List<Cut> now = cuts.computeIfAbsent(machine, m -> new ArrayList<>());
    now.add(cut);
    filter(machine, now);
  }

  /** Ends one {@link #cut}. */
  public synchronized void mend(String machine, Cut cut) throws IOException, InterruptedException {
    List<Cut> now = cuts.computeIfAbsent(machine, m -> new ArrayList<>());
    now.remove(cut);
    filter(machine, now);
  }

  private static void filter(String machine, List<Cut> now)
      throws IOException, InterruptedException {
    StringBuilder in = new StringBuilder();
    StringBuilder out = new StringBuilder();
    for (Cut cut : now) {
      in.append(cut.in ? cut.on("iif") : "");
      out.append(cut.out ? cut.on("oif") : "");
    }
    String rules =
        """
        table inet chaos {}
        delete table inet chaos
        table inet chaos {
          chain in { type filter hook input priority 0;%s }
          chain out { type filter hook output priority 0;%s }
        }
        """
            .formatted(in, out);
    Shell.run(Map.of(), rules, List.of("ip", "netns", "exec", space(machine), "nft", "-f", "-"));
  }

  /** Removes what this run or one that was killed has left. */
  static void remove() throws IOException, InterruptedException {
    for (String line : Shell.run("ip", "netns", "list").lines().toList()) {
      String space = line.split(" ", 2)[0];
      if (space.startsWith(BRIDGE + "-")) {
        Shell.run("ip", "netns", "delete", space);
      }
    }
    if (Shell.run("ip", "-brief", "link", "show", "type", "bridge").contains(BRIDGE + " ")) {
      Shell.run("ip", "link", "delete", BRIDGE);
    }
  }

  private static String space(String machine) {
    return BRIDGE + "-" + machine;
  }
}
