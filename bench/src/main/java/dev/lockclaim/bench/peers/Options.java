package dev.lockclaim.bench.peers;

import dev.lockclaim.lock.etcd.Etcd;
import dev.lockclaim.lock.etcd.EtcdFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the driver gives to every program. */
final class Options {
  @Parameters(paramLabel = "SUBJECT")
  String subject;

  @Option(names = "--etcd")
  String etcd;

  @Option(names = "--kubeconfig")
  Path kubeconfig;

  @Option(names = "--lock")
  String lock = "lock";

  @Option(names = "--ttl")
  int ttlSeconds = 5;

  @Option(names = "--candidates")
  int candidates = 1;

  @Option(names = "--apart", description = "each candidate has a lock of its own")
  boolean apart;

  @Option(names = "--state", description = "a folder in memory, as a pod's volume is")
  Path state;

  /** Lockclaim's own connection to etcd, for keys below a prefix. */
  Etcd connect(String prefix) throws IOException {
    Files.createDirectories(state);
    Files.writeString(state.resolve("endpoints"), etcd);
    return Etcd.open(new EtcdFolder(state), prefix);
  }

  /** The lock of a candidate: the same for all, or one for each. */
  String lockOf(int index) {
    return apart ? lock + "-" + index : lock;
  }
}
