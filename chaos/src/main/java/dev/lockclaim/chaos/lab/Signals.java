package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Signals to processes by their ids. One that is gone already is none to complain about. */
public final class Signals {
  private Signals() {}

  /** Sends a signal, for example {@code STOP}, to all of them at once. */
  public static void send(String signal, Collection<Long> pids)
      throws IOException, InterruptedException {
    if (pids.isEmpty()) {
      return;
    }
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", "kill -\"$0\" \"$@\" 2>/dev/null || true", signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    Shell.run(java.util.Map.of(), "", command);
  }

  /** A process and all that descend from it, itself first. */
  static List<Long> tree(long pid) {
    List<Long> tree = new ArrayList<>(List.of(pid));
    ProcessHandle.of(pid)
        .ifPresent(process -> process.descendants().forEach(child -> tree.add(child.pid())));
    return tree;
  }

  static List<Long> children(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(ProcessHandle::children)
        .map(ProcessHandle::pid)
        .toList();
  }
}
