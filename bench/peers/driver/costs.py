"""What a lock costs etcd, and what a waiter costs in memory."""

import concurrent.futures
import time

from agents import Silent
from pairs import Pair


def held_minute(starter, subject, server, etcd, seconds, rounds, idle, results):
    """
    Messages and bytes between clients and etcd, and entries in etcd's log, for a held minute with one waiter, and for a whole hand-over: release,
    grant, and the former holder standing in line anew.
    idle: what the server below the subject asks by itself, in a second.
    """
    pair = Pair(starter, subject, server)
    try:
        pair.begin()
        time.sleep(3)
        requests, size, writes = _rate(etcd, seconds, idle)
        results.value(subject.name, "requests-per-held-minute", "requests", round(requests * 60, 1), 1)
        results.value(subject.name, "bytes-per-held-minute", "bytes", round(size * 60), 1)
        start, before = time.monotonic(), etcd.counters()
        for _ in range(rounds):
            pair.hand_over()
            time.sleep(0.4)
        time.sleep(0.6)
        after, passed = etcd.counters(), time.monotonic() - start
        for unit, index, own in (("requests", 0, requests), ("bytes", 1, size), ("writes", 2, writes)):
            spent = after[index] - before[index] - (own + idle[index]) * passed
            results.value(subject.name, f"{unit}-per-handover", unit, round(spent / rounds, 1), rounds)
    except Silent as silent:
        results.cannot(subject.name, "requests-per-handover", str(silent))
    finally:
        pair.close()


def _rate(etcd, seconds, idle=(0, 0, 0)):
    before = etcd.counters()
    time.sleep(seconds)
    after = etcd.counters()
    return [(b - a) / seconds - i for a, b, i in zip(before, after, idle)]


def held_minutes(starter, subjects, new_etcd, seconds, rounds, results):
    """All subjects at once, each on an etcd of its own."""
    def one(subject):
        etcd = new_etcd(f"etcd-{subject.name}")
        try:
            held_minute(starter, subject, etcd, etcd, seconds, rounds, (0, 0, 0), results)
        finally:
            etcd.stop()
    with concurrent.futures.ThreadPoolExecutor(len(subjects)) as pool:
        for answer in [pool.submit(one, subject) for subject in subjects]:
            answer.result()


def held_minutes_of_api(starter, subjects, api_server, etcd, seconds, rounds, results):
    """One after the other: what the API server asks of etcd by itself is measured first, and taken off."""
    idle = _rate(etcd, seconds)
    for subject in subjects:
        held_minute(starter, subject, api_server, etcd, seconds, rounds, idle, results)


def memory(starter, subjects, server_of, results):
    """A process that waits for the lock: what it has in memory, and its threads."""
    pairs = [Pair(starter, subject, server_of(subject)) for subject in subjects]
    for pair in pairs:
        try:
            pair.begin()
        except Silent as silent:
            results.note(pair.subject.name, f"memory: {silent}")
    time.sleep(8)
    for pair in pairs:
        if pair.waiter.process.poll() is not None:
            results.cannot(pair.subject.name, "waiter-memory", f"it ended by itself with {pair.waiter.process.returncode}")
            continue
        status = {}
        with open(f"/proc/{pair.waiter.pid}/status") as file:
            for line in file:
                key, _, value = line.partition(":")
                status[key] = value.split()
        results.value(pair.subject.name, "waiter-memory", "MB", round(int(status["VmRSS"][0]) / 1024, 1), 1)
        results.value(pair.subject.name, "waiter-threads", "threads", int(status["Threads"][0]), 1)
        pair.close()
