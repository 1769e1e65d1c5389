package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes candidates: some as {@code lockclaim run}, some as a pod's sidecar and gate. */
final class CandidateFactory {
  private static final String PROGRAM = "dev.lockclaim.sidecar.Lockclaim";

  /** More than main's grace and what the gate keeps for itself. */
  static final int TERMINATION_GRACE_SECONDS = 8;

  /** A JVM that writes an archive of its classes, on a machine that is busy building. */
  private static final long WARM_UP_SECONDS = 180;

  private final LabSettings settings;
  private final Network network;
  private final Cgroups cgroups;
  private final Secrets secrets; // null without
  private final String urls;
  private final Path archive;

  CandidateFactory(
      LabSettings settings, Network network, Cgroups cgroups, Secrets secrets, String urls) {
    this.settings = settings;
    this.network = network;
    this.cgroups = cgroups;
    this.secrets = secrets;
    this.urls = urls;
    archive = settings.folder().resolve("candidate.jsa");
  }

  /** Runs a lock once so that the JVMs that follow find their classes in an archive. */
  void warmUp() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(cgroups.enter("c1"));
    command.addAll(network.enter("c1"));
    command.addAll(settings.java());
    command.addAll(List.of("-XX:ArchiveClassesAtExit=" + archive, "-Xshare:auto", "-Xlog:disable"));
    command.add(PROGRAM);
    command.addAll(run("warm-up"));
    command.addAll(List.of("--", "true"));
    Map<String, String> environment = Map.of("LOCKCLAIM_GATE", settings.gate().toString());
    Shell.run(environment, "", command, WARM_UP_SECONDS);
  }

  /** The candidate of a number; its main writes to records, and has more words of its own. */
  Candidate make(int number, Path records, List<String> more) throws IOException {
    String machine = "c" + number;
    List<String> main = main(machine, number, records, more);
    return number <= settings.launchers() ? launcher(machine, main) : pod(machine, main);
  }

  private Candidate launcher(String machine, List<String> main) throws IOException {
    Path folder = Files.createDirectories(settings.memory().resolve(machine));
    List<String> command = jvm(machine, folder);
    command.addAll(run("chaos"));
    command.add("--");
    command.addAll(main);
    Map<String, String> environment =
        Map.of("LOCKCLAIM_GATE", settings.gate().toString(), "LOCKCLAIM_LOG_LEVEL", "info");
    Supervised process = new Supervised(machine, command, environment, log(machine), () -> {});
    return new Candidate(machine, cgroups, process, process);
  }

  private List<String> run(String lock) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "run",
                "--lock=" + lock,
                "--etcd=" + urls,
                "--ttl=" + settings.ttlSeconds(),
                "--stop-grace=" + settings.graceSeconds()));
    if (secrets != null) {
      options.add("--cacert=" + secrets.file("ca.crt"));
      options.add("--cert=" + secrets.file("client.crt"));
      options.add("--key=" + secrets.file("client.key"));
      options.add("--user=" + Secrets.USER);
      options.add("--password-file=" + secrets.password());
    }
    return options;
  }

  private Candidate pod(String machine, List<String> main) throws IOException {
    Path volume = Files.createDirectories(settings.memory().resolve(machine));
    List<String> command = jvm(machine, volume);
    command.add("sidecar");
    Supervised sidecar =
        new Supervised(
            machine + "-sidecar", command, environment(machine, volume), log(machine), () -> {});
    List<String> gate = new ArrayList<>(cgroups.enter(Candidate.container(machine)));
    gate.addAll(network.enter(machine));
    gate.addAll(
        List.of(
            settings.gate().toString(),
            "run",
            "--socket=" + volume.resolve("gate.sock"),
            "--termination-grace-seconds=" + TERMINATION_GRACE_SECONDS,
            "--new-namespace",
            "--"));
    gate.addAll(main);
    Supervised container =
        new Supervised(
            machine + "-gate",
            gate,
            Map.of(),
            settings.folder().resolve(machine + "-gate.log"),
            // As a runtime does: nothing of the old container is left when the new one begins.
            () -> cgroups.end(Candidate.container(machine)));
    return new Candidate(machine, cgroups, sidecar, container);
  }

  private Map<String, String> environment(String machine, Path volume) throws IOException {
    Path etcd = Files.createDirectories(volume.resolve("etcd"));
    Files.writeString(etcd.resolve("endpoints"), urls);
    if (secrets != null) {
      link(etcd.resolve("ca.crt"), secrets.file("ca.crt"));
      link(etcd.resolve("tls.crt"), secrets.file("client.crt"));
      link(etcd.resolve("tls.key"), secrets.file("client.key"));
      Files.writeString(etcd.resolve("username"), Secrets.USER);
      link(etcd.resolve("password"), secrets.password());
    }
    Map<String, String> environment = new HashMap<>();
    environment.put("LOCKCLAIM_NAMESPACE", "default");
    environment.put("LOCKCLAIM_NAME", "chaos");
    environment.put("LOCKCLAIM_POD_NAME", machine);
    environment.put("LOCKCLAIM_POD_UID", "uid-of-" + machine);
    environment.put("LOCKCLAIM_CONTAINERS", "main");
    environment.put("LOCKCLAIM_TTL_SECONDS", Integer.toString(settings.ttlSeconds()));
    environment.put("LOCKCLAIM_STOP_GRACE_SECONDS", Integer.toString(settings.graceSeconds()));
    environment.put("LOCKCLAIM_ETCD_DIR", etcd.toString());
    environment.put("LOCKCLAIM_VOLUME", volume.toString());
    environment.put("LOCKCLAIM_GATE", settings.gate().toString());
    return environment;
  }

  private static void link(Path name, Path target) throws IOException {
    Files.deleteIfExists(name);
    Files.createSymbolicLink(name, target);
  }

  private List<String> jvm(String machine, Path folder) {
    List<String> command = new ArrayList<>(cgroups.enter(machine));
    command.addAll(network.enter(machine));
    command.addAll(settings.java());
    command.add("-XX:SharedArchiveFile=" + archive);
    command.addAll(List.of("-Xshare:auto", "-Xlog:disable"));
    command.add("-Djava.io.tmpdir=" + folder);
    command.add(PROGRAM);
    return command;
  }

  /** Mains of three kinds: one process; several; several that do not listen. */
  private List<String> main(String machine, int number, Path records, List<String> more) {
    List<String> main =
        new ArrayList<>(List.of(settings.writer().toString(), records.toString(), machine));
    if (number % 3 != 0) {
      main.add("children");
    }
    if (number % 3 == 2) {
      main.add("deaf");
    }
    main.addAll(more);
    return main;
  }

  private Path log(String machine) {
    return settings.folder().resolve(machine + ".log");
  }
}
