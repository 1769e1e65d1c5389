package dev.lockclaim.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** Plays candidates: does what standard input says, tells on standard output what happened. */
public final class Agent {
  private Agent() {}

  /** The program; ends when standard input does. */
  public static void main(String[] arguments) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(arguments);
    Opener opener = opener(options);
    List<Player> players = new ArrayList<>();
    for (int index = 0; index < options.candidates; index++) {
      players.add(Player.start(index, opener.open(index)));
    }
    Events.tell("ready", 0, System.nanoTime());
    attend(players);
    System.exit(0); // the libraries' own threads need not be waited for
  }

  private interface Opener {
    Contender open(int index) throws Exception;
  }

  private static Opener opener(Options options) throws IOException {
    return switch (options.subject) {
      case "lockclaim" -> {
        LockclaimContender.Shared shared = new LockclaimContender.Shared(options);
        yield shared::open;
      }
      case "jetcd" -> {
        JetcdContender.Shared shared = new JetcdContender.Shared(options);
        yield shared::open;
      }
      case "floor" -> {
        FloorContender.Shared shared = new FloorContender.Shared(options);
        yield shared::open;
      }
      case "floor-transaction" -> {
        TransactionContender.Shared shared = new TransactionContender.Shared(options);
        yield shared::open;
      }
      case "fabric8" -> index -> new Fabric8Contender(options, index);
      default -> throw new IllegalArgumentException("unknown subject " + options.subject);
    };
  }

  private static void attend(List<Player> players) throws IOException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      int space = line.indexOf(' ');
      Player player = players.get(Integer.parseInt(line.substring(space + 1)));
      player.word(line.substring(0, space));
    }
  }
}
