"""What is compared, and how each is started."""

import dataclasses
import pathlib

from agents import Agent, EtcdctlRunner, LockclaimRunner


@dataclasses.dataclass(frozen=True)
class Subject:
    name: str
    what: str
    server: str = "etcd"  # or api
    runs: str = "library"  # or command: it runs a command under the lock
    is_lock: bool = True
    fair: bool = True  # says that it serves in the order of arrival
    is_java: bool = False  # in a JVM with java_flags


LOCKCLAIM = Subject("lockclaim", "dev.lockclaim.lock.Candidate with a main that does nothing", is_java=True)
LOCKCLAIM_RUN = Subject("lockclaim-run", "lockclaim run: the same, with its gate and a command", runs="command")
FLOOR = Subject("floor", "raw delete, watch event; Go client", is_lock=False)
FLOOR_JAVA = Subject("floor-java", "raw delete, watch event; jetcd", is_lock=False, is_java=True)
FLOOR_TRANSACTION = Subject("floor-transaction", "what lockclaim asks of etcd, its transaction and its watch; Go client", is_lock=False)
FLOOR_TRANSACTION_JAVA = Subject("floor-transaction-java", "the same over lockclaim's own connection to etcd", is_lock=False, is_java=True)
SUBJECTS = [
    LOCKCLAIM,
    LOCKCLAIM_RUN,
    FLOOR,
    FLOOR_JAVA,
    FLOOR_TRANSACTION,
    FLOOR_TRANSACTION_JAVA,
    Subject("go-mutex", "etcd's Go concurrency.Mutex"),
    Subject("jetcd", "jetcd's Lock, served by etcd", is_java=True),
    Subject("etcdctl", "etcdctl lock with a command", runs="command"),
    Subject("python-etcd3", "python-etcd3's Lock", fair=False),
    Subject("aetcd", "aetcd's lock, Python asyncio", fair=False),
    Subject("client-go", "client-go leaderelection on a Lease", server="api", fair=False),
    Subject("fabric8", "fabric8 LeaderElector on a Lease", server="api", fair=False, is_java=True),
]


class Starter:
    """Starts agents. The paths come from bench/lock-peers."""

    def __init__(self, paths, folder, memory_folder, ttl):
        self.paths, self.folder, self.memory_folder, self.ttl = paths, pathlib.Path(folder), memory_folder, ttl
        self.started = 0
        self.agents = []

    def start(self, subject, lock, server, candidates=1, apart=False, port=None, flags=None, ttl=None):
        """
        server: the Etcd or ApiServer it goes to; port: of a link before that server.
        """
        self.started += 1
        log = open(self.folder / f"{self.started:03}-{subject.name}.log", "wb")
        with log:
            agent = self._start(subject, lock, server, candidates, apart, port, log, flags, ttl or self.ttl)
        self.agents.append(agent)
        return agent

    def _start(self, subject, lock, server, candidates, apart, port, log, flags, ttl):
        url = f"http://127.0.0.1:{port or server.port}"
        beats = self.memory_folder / f"beats-{self.started}"
        if subject.name == "etcdctl":
            command = [self.paths["etcdctl"], f"--endpoints={url}", "lock", f"/etcdctl/{lock}", f"--ttl={ttl}",
                       "--", self.paths["go"] + "/work"]
            return EtcdctlRunner(command, _kept(log), beats)
        if subject.name == "lockclaim-run":
            command = [self.paths["lockclaim"], "run", "--lock", lock, "--namespace", "bench", "--etcd", url,
                       "--ttl", str(ttl), "--", self.paths["go"] + "/work"]
            return LockclaimRunner(command, _kept(log), beats)
        options = ["--lock", lock, "--ttl", str(ttl), "--candidates", str(candidates)]
        options += ["--kubeconfig", server.kubeconfig(port)] if subject.server == "api" else ["--etcd", url]
        options += ["--apart"] if apart else []
        return Agent(self._program(subject, candidates, flags) + options, log)

    def _program(self, subject, candidates, flags):
        match subject.name:
            case "go-mutex":
                return [self.paths["go"] + "/mutex"]
            case "floor":
                return [self.paths["go"] + "/floor"]
            case "floor-transaction":
                return [self.paths["go"] + "/transaction"]
            case "client-go":
                return [self.paths["go"] + "/election"]
            case "python-etcd3":
                return [self.paths["python-etcd3"], self.paths["programs"] + "/etcd3_lock.py"]
            case "aetcd":
                return [self.paths["python-aetcd"], self.paths["programs"] + "/aetcd_lock.py"]
        name = subject.name.removesuffix("-java")
        state = self.memory_folder / f"state-{self.started}"
        return [self.paths["java"], *(flags or java_flags(candidates)), "-cp", self.paths["class-path"],
                "dev.lockclaim.bench.peers.Agent", name, "--state", str(state)]

    def close(self, *agents):
        for agent in agents or list(self.agents):
            agent.close()
            if agent in self.agents:
                self.agents.remove(agent)


# What a hand-over runs through is compiled early, as in the sidecar's image: for the peers in Java as well.
IMAGES_EARLY = pathlib.Path(__file__).resolve().parents[3] / "images/flags/compiled-early"
PEERS_EARLY = [f"-XX:CompileCommand=CompileThresholdScaling,{package}.*::*,0.05"
               for package in ("io.etcd.jetcd", "io.vertx", "io.fabric8.kubernetes.client", "jdk.internal.net.http")]


def java_flags(candidates):
    """The same for all subjects in Java: what keeps a small JVM small, and compiles what a hand-over runs through."""
    return [f"@{IMAGES_EARLY}", *PEERS_EARLY, *_small(candidates)]


def compiled_java_flags():
    """What a process is like that has run for long: all is compiled when it has been called some twenty times instead of 200."""
    return ["-XX:CompileThresholdScaling=0.1", *_small(1)]


def _small(candidates):
    heap = 64 if candidates < 16 else 1024
    return ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms8m", f"-Xmx{heap}m", "-Xss256k", "-XX:-UsePerfData",
            "-Xshare:auto", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]


def _kept(log):
    """A log that outlives its opener: a runner starts its program more than once."""
    return open(log.name, "ab")
