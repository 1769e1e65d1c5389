package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * One control group for all that the lab starts, with one below it for each machine: nothing can
 * leave it, so that all of it is found in the end. Version 2 where its controllers are, else 1.
 */
final class Cgroups {
  static final String NAME = "lockclaim-chaos";
  private static final Path MOUNT = Path.of("/sys/fs/cgroup");
  private static final int PERIOD_MICROS = 100_000;

  /**
   * What else the machine does is no fault of the seed: the lab goes before it, sixteen to one. Not
   * further: the kernel's own threads are among the rest, and with all the weight that there is
   * (256 to one) a lab that has enough to do keeps them from working for a minute. Then nothing
   * enters a control group or a network namespace, and no process that was killed comes back.
   */
  private static final String SHARES = "16384";

  private static final String WEIGHT = "1600";
  private static final String DRIVER = "driver";

  private final boolean unified;

  private Cgroups(boolean unified) {
    this.unified = unified;
  }

  static Cgroups find() throws IOException {
    Path controllers = MOUNT.resolve("cgroup.controllers");
    boolean unified = Files.exists(controllers);
    if (!unified && !Files.isDirectory(MOUNT.resolve("cpu"))) {
      throw new IOException(
          "there are no control groups with a cpu controller below "
              + MOUNT
              + ": mount them, for example with cgroupfs-mount");
    }
    return new Cgroups(unified);
  }

  /** The hierarchies that a process of the lab is put into. */
  private List<Path> roots() {
    return unified
        ? List.of(MOUNT.resolve(NAME))
        : Stream.of("cpu", "blkio", "freezer")
            .map(MOUNT::resolve)
            .filter(Files::isDirectory)
            .map(hierarchy -> hierarchy.resolve(NAME))
            .toList();
  }

  private Path controller(String version1, String group) {
    return MOUNT.resolve(unified ? "" : version1).resolve(NAME).resolve(group);
  }

  /** Puts this process into the lab, with what it starts from now on. */
  void enter() throws IOException {
    make(DRIVER);
    if (unified) {
      Files.writeString(controller("", "cpu.weight"), WEIGHT);
    } else {
      Files.writeString(controller("cpu", "cpu.shares"), SHARES);
    }
    move(List.of(ProcessHandle.current().pid()), DRIVER);
  }

  private void leave() throws IOException {
    for (Path root : roots()) {
      if (Files.isDirectory(root)) {
        Path top = root.getParent().resolve("cgroup.procs");
        Files.writeString(top, Long.toString(ProcessHandle.current().pid()));
      }
    }
  }

  void make(String group) throws IOException {
    for (Path root : roots()) {
      Files.createDirectories(root);
      if (unified) {
        enable(MOUNT);
        enable(root);
      }
      Files.createDirectories(root.resolve(group));
    }
  }

  private static void enable(Path group) throws IOException {
    String there = Files.readString(group.resolve("cgroup.controllers"));
    for (String controller : List.of("cpu", "io")) {
      if (List.of(there.strip().split(" ", -1)).contains(controller)) {
        Files.writeString(group.resolve("cgroup.subtree_control"), "+" + controller);
      }
    }
  }

  /** A command that enters the group and then becomes the rest of its words. */
  List<String> enter(String group) {
    StringBuilder script = new StringBuilder();
    for (Path root : roots()) {
      script.append("echo $$ >").append(root.resolve(group).resolve("cgroup.procs")).append(" && ");
    }
    return List.of("sh", "-c", script + "exec \"$@\"", "sh");
  }

  void move(Collection<Long> pids, String group) throws IOException {
    for (Path root : roots()) {
      for (long pid : pids) {
        try {
          Files.writeString(root.resolve(group).resolve("cgroup.procs"), Long.toString(pid));
        } catch (IOException e) {
          if (ProcessHandle.of(pid).isPresent()) {
            throw e;
          }
        }
      }
    }
  }

  /** Limits the group's CPU time; 100 is one processor, 0 no limit. */
  void limitCpu(String group, int percent) throws IOException {
    int quota = percent * PERIOD_MICROS / 100;
    if (unified) {
      Files.writeString(
          controller("", group).resolve("cpu.max"),
          (percent == 0 ? "max" : Integer.toString(quota)) + " " + PERIOD_MICROS);
    } else {
      Files.writeString(
          controller("cpu", group).resolve("cpu.cfs_quota_us"),
          Integer.toString(percent == 0 ? -1 : quota));
    }
  }

  private Path writeLimit(String group) {
    return controller("blkio", group)
        .resolve(unified ? "io.max" : "blkio.throttle.write_iops_device");
  }

  /** Limits the group's writes to a disk; 0 is no limit. */
  void limitWrites(String group, String device, int perSecond) throws IOException {
    String none = unified ? "max" : "0";
    Files.writeString(
        writeLimit(group),
        device
            + (unified ? " wiops=" : " ")
            + (perSecond == 0 ? none : Integer.toString(perSecond)));
  }

  /** Stops or resumes all of the group, as a runtime's pause does. */
  void freeze(String group, boolean frozen) throws IOException {
    if (unified) {
      Files.writeString(controller("", group).resolve("cgroup.freeze"), frozen ? "1" : "0");
    } else {
      Files.writeString(
          controller("freezer", group).resolve("freezer.state"), frozen ? "FROZEN" : "THAWED");
    }
  }

  /** What is in one group. */
  List<Long> members(String group) throws IOException {
    Path file = roots().getFirst().resolve(group).resolve("cgroup.procs");
    return Files.readAllLines(file).stream().map(Long::valueOf).filter(pid -> pid > 0).toList();
  }

  /** Kills all that is in one group, and waits for its end. */
  void end(String group) throws IOException, InterruptedException {
    for (List<Long> left = members(group); !left.isEmpty(); left = members(group)) {
      Signals.send("KILL", left);
      Thread.sleep(5);
    }
  }

  /** Everything that was started in any group and still is there. */
  List<Long> members() throws IOException {
    List<Long> pids = new ArrayList<>();
    for (Path folder : folders()) {
      Path file = folder.resolve("cgroup.procs");
      if (Files.exists(file)) {
        Files.readAllLines(file).stream().map(Long::valueOf).filter(p -> p > 0).forEach(pids::add);
      }
    }
    return pids.stream().distinct().toList();
  }

  /** Kills what is left, and removes the groups. Does nothing when there are none. */
  void remove() throws IOException, InterruptedException {
    leave();
    for (Path folder : folders()) {
      thaw(folder);
    }
    for (int tries = 0; tries < 200 && !members().isEmpty(); tries++) {
      Signals.send("KILL", members());
      Thread.sleep(20);
    }
    for (Path folder : folders()) {
      Files.deleteIfExists(folder);
    }
  }

  private static void thaw(Path folder) throws IOException {
    if (Files.exists(folder.resolve("freezer.state"))) {
      Files.writeString(folder.resolve("freezer.state"), "THAWED");
    } else if (Files.exists(folder.resolve("cgroup.freeze"))) {
      Files.writeString(folder.resolve("cgroup.freeze"), "0");
    }
  }

  /** Deepest first. */
  private List<Path> folders() throws IOException {
    List<Path> folders = new ArrayList<>();
    for (Path root : roots()) {
      if (Files.isDirectory(root)) {
        try (Stream<Path> found = Files.walk(root)) {
          found.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).forEach(folders::add);
        } catch (UncheckedIOException e) {
          throw e.getCause();
        }
      }
    }
    return folders;
  }
}
