package dev.lockclaim.chaos.lab;

import java.nio.file.Path;
import java.util.List;

/**
 * How a lab is built.
 *
 * @param java the JVM of the candidates, with all its flags and its class path
 * @param gate the gate program
 * @param writer the program that is main
 * @param bin where etcd and etcdctl are
 * @param folder for logs and etcd's data, on a disk
 * @param memory for records and volumes, in memory: a slow disk shall not stop main's pen
 * @param secure TLS with certificates on both sides, and users with tokens that expire
 * @param launchers how many candidates are {@code lockclaim run}
 * @param pods how many candidates are a sidecar and a gate, restarted each for itself
 */
public record LabSettings(
    List<String> java,
    Path gate,
    Path writer,
    Path bin,
    Path folder,
    Path memory,
    int ttlSeconds,
    int graceSeconds,
    boolean secure,
    int launchers,
    int pods) {
  /** Copies its list. */
  public LabSettings {
    java = List.copyOf(java);
  }
}
