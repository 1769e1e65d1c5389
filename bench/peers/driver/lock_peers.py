"""Measures all subjects in one run and writes the results. Called by bench/lock-peers, which builds what it starts."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import costs
import crowds
import faults
import handover
import plot
import successors
import table
from results import Results
from servers import ApiServer, Etcd, spread_niceness
from subjects import LOCKCLAIM, SUBJECTS, Starter

TTL = 5
PHASES = ("handover", "memory", "cost", "api", "kill", "faults", "order", "successor", "alone", "throughput", "crowds")


class Size:
    """How much is measured: enough for a p99, or only enough to see that all of it works."""

    def __init__(self, quick):
        self.pieces, self.rounds = (2, 3) if quick else (20, 15)
        self.api_rounds = 2 if quick else 12
        self.orders, self.api_orders = (1, 1) if quick else (2, 1)
        self.kills = 1 if quick else 6
        self.cuts, self.faults = (1, 1) if quick else (4, 2)
        self.cost_seconds, self.cost_rounds = (4, 3) if quick else (15, 60)
        self.crowds = (2, 8) if quick else (2, 8, 64, 200)
        self.pass_seconds, self.api_pass_seconds = (1, 4) if quick else (3, 6)
        self.queue, self.queue_rounds = (20, 3) if quick else (200, 15)
        self.locks = 20 if quick else 500
        self.deaths = 1 if quick else 2


def machine():
    model = next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    memory = int(next(l for l in open("/proc/meminfo") if l.startswith("MemTotal")).split()[1]) // (1 << 20)
    return f"{os.cpu_count()} CPUs, {model}, {memory} GiB, Linux {platform.release()}"


class Run:
    def __init__(self, paths, size, chosen, folder, memory_folder, results):
        self.paths, self.size, self.folder, self.results = paths, size, folder, results
        self.starter = Starter(paths, folder, memory_folder, TTL)
        self.on_etcd = [s for s in chosen if s.server == "etcd"]
        self.on_api = [s for s in chosen if s.server == "api"]
        self.libraries = [s for s in self.on_etcd if s.runs == "library" and s.is_lock]
        self.etcd = self.new_etcd("etcd")
        self.api = None
        self.servers = [self.etcd]

    def new_etcd(self, name):
        return Etcd(self.folder, self.paths["etcd"], name)

    def server_of(self, subject):
        return self.api if subject.server == "api" else self.etcd

    def phase(self, name):
        size, results, starter, etcd = self.size, self.results, self.starter, self.etcd
        locks = [s for s in self.on_etcd + (self.on_api if self.api else []) if s.is_lock]
        match name:
            case "handover":
                handover.hand_overs(starter, self.on_etcd, etcd, size.pieces, size.rounds, results)
            case "memory":
                costs.memory(starter, self.on_etcd, self.server_of, results)
            case "order":
                for subject in self.libraries:
                    results.say(f"order: {subject.name}")
                    crowds.order(starter, subject, etcd, size.orders, results)
            case "alone":
                successors.alone(starter, self.libraries, etcd, 1.5, results)
            case "successor":
                for dead_seconds in (0.05, 3):
                    results.say(f"the next in line is dead for {dead_seconds} s")
                    successors.dead_successor(starter, self.libraries, etcd, TTL, dead_seconds, size.deaths, results)
            case "crowds":
                for subject in self.libraries:
                    results.say(f"long queue, many locks: {subject.name}")
                    crowds.long_queue(starter, subject, etcd, size.queue, size.queue_rounds, results)
                    crowds.at_once(starter, subject, etcd, size.locks, results)
            case "throughput":
                for candidates in size.crowds:
                    for subject in self.libraries:
                        results.say(f"throughput among {candidates}: {subject.name}")
                        crowds.throughput(starter, subject, etcd, candidates, size.pass_seconds, results)
            case "cost":
                results.say("held minute and requests per hand-over")
                costs.held_minutes(starter, [s for s in self.on_etcd if s.is_lock], self.new_etcd, size.cost_seconds,
                                   size.cost_rounds, results)
            case "api" if self.on_api:
                self.phase_api()
            case "kill":
                faults.take_over(starter, locks, self.server_of, TTL, size.kills, results)
            case "faults":
                faults.cut(starter, locks, self.server_of, TTL, size.cuts, results)
                faults.paused(starter, locks, self.server_of, TTL, size.faults, results)
                faults.frozen(starter, locks, self.server_of, etcd, TTL, size.faults, results)

    def phase_api(self):
        size, results, starter = self.size, self.results, self.starter
        results.say("starting an API server over the same etcd")
        self.api = ApiServer(self.folder, self.paths["kube-apiserver"], self.etcd)
        self.servers.append(self.api)
        # They ask once a second, and wait most of the time: both can be measured at once.
        for measure in (self.api_hand_overs, self.api_order, self.api_throughput):
            with concurrent.futures.ThreadPoolExecutor(len(self.on_api)) as pool:
                list(pool.map(measure, self.on_api))
        costs.memory(starter, self.on_api, self.server_of, results)
        results.say("what the election asks of etcd")
        costs.held_minutes_of_api(starter, self.on_api, self.api, self.etcd, size.cost_seconds, size.api_rounds // 3 + 1, results)

    def api_hand_overs(self, subject):
        handover.hand_overs(self.starter, [subject], self.api, 1, self.size.api_rounds, self.results)

    def api_order(self, subject):
        self.results.say(f"order: {subject.name}")
        crowds.order(self.starter, subject, self.api, self.size.api_orders, self.results)

    def api_throughput(self, subject):
        for candidates in self.size.crowds:
            self.results.say(f"throughput among {candidates}: {subject.name}")
            crowds.throughput(self.starter, subject, self.api, candidates, self.size.api_pass_seconds, self.results)

    def close(self):
        self.starter.close()
        for server in reversed(self.servers):
            server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--paths", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", help="subjects, by comma")
    parser.add_argument("--phases", help="by comma: " + ",".join(PHASES))
    arguments = parser.parse_args()
    paths = json.loads(arguments.paths)
    chosen = [s for s in SUBJECTS if not arguments.only or s.name in arguments.only.split(",")]
    phases = arguments.phases.split(",") if arguments.phases else PHASES
    folder = tempfile.mkdtemp(prefix="lock-peers-", dir=paths["scratch"])
    memory_folder = pathlib.Path(tempfile.mkdtemp(prefix="lock-peers-", dir="/dev/shm"))
    spread_niceness(os.getpid())
    load = round(os.getloadavg()[0], 1)
    results = Results()
    results.value(LOCKCLAIM.name, "ttl", "s", TTL, 1)
    run = Run(paths, Size(arguments.quick), chosen, folder, memory_folder, results)
    commit = subprocess.run(["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True).stdout.strip()
    head = {"when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "commit": commit or "unknown", "machine": machine(),
            "load": load, "ttl": TTL, "versions": paths["versions"], "subjects": {s.name: s.what for s in chosen}}
    failed = []
    try:
        for phase in phases:
            try:
                run.phase(phase)
            except (OSError, TimeoutError, ValueError, LookupError) as error:
                # What has been measured stands; that something is missing is said, here and in the results.
                failed.append(phase)
                traceback.print_exc()
                results.note(phase, f"not measured to its end: {error!r}")
            except KeyboardInterrupt:
                failed.extend(phases[phases.index(phase):])
                results.note("interrupted", f"not measured, or not to their end: {', '.join(phases[phases.index(phase):])}")
                break
            finally:
                write(pathlib.Path(arguments.results), results, head)
    finally:
        run.close()
        shutil.rmtree(memory_folder)
        if failed:
            results.say(f"failed: {', '.join(failed)}; logs are kept in {folder}")
        else:
            shutil.rmtree(folder)
    results.say(f"written: {arguments.results}/lock-peers.json, .md and .svg")
    sys.exit(1 if failed else 0)


def write(target, results, head):
    target.mkdir(parents=True, exist_ok=True)
    results.write(target / "lock-peers.json", {**head, "seconds": round(time.monotonic() - results.started)})
    document = json.loads((target / "lock-peers.json").read_text())
    (target / "lock-peers.md").write_text(table.render(document))
    (target / "lock-peers.svg").write_text(plot.render(document))


main()
