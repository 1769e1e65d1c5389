"""What happens when a holder is killed, cut off or paused, or when etcd stands still."""

import concurrent.futures
import random
import time

from agents import Silent
from pairs import Pair
from servers import Link


def _all(pairs, action):
    """Does the same for all pairs at once; returns what came of each, None where a candidate stayed silent."""
    def attempt(pair):
        try:
            return action(pair)
        except Silent:
            return None
    with concurrent.futures.ThreadPoolExecutor(len(pairs)) as pool:
        return dict(zip([pair.subject.name for pair in pairs], pool.map(attempt, pairs)))


def _between_renewals(ttl):
    time.sleep(random.uniform(1.2, 1.2 + ttl / 3))


def take_over(starter, subjects, server_of, ttl, rounds, results):
    """From SIGKILL of the holder's process to the next one knowing. All subjects at once, each on its own lock."""
    pairs = [Pair(starter, subject, server_of(subject)) for subject in subjects]
    samples = {subject.name: [] for subject in subjects}
    outlived = {subject.name: 0 for subject in subjects if subject.runs == "command"}
    _all(pairs, Pair.begin)
    for turn in range(rounds):
        results.say(f"take-over: round {turn + 1} of {rounds}")
        _between_renewals(ttl)
        marks = {pair: pair.waiter.mark() for pair in pairs}
        killed = {}
        for pair in pairs:
            killed[pair] = time.monotonic_ns()
            pair.holder.kill()

        def taken(pair):
            held = pair.waiter.wait("held", ttl * 3 + 10, after=marks[pair])
            return (held.nanos - killed[pair]) / 1e9, held.nanos

        for name, answer in _all(pairs, taken).items():
            if answer:
                samples[name].append(answer[0])
                pair = next(p for p in pairs if p.subject.name == name)
                if name in outlived and pair.holder.last_beat() > answer[1]:
                    outlived[name] += 1
        if turn + 1 < rounds:
            for pair in pairs:
                pair.replace_holder()
            _all(pairs, lambda pair: (pair.waiter.ready(), pair.stand_in_line()))
            time.sleep(Pair.BEGIN_SECONDS)
    for pair in pairs:
        pair.close()
        name = pair.subject.name
        results.values(name, "take-over-after-kill", "s", samples[name])
        if name in outlived:
            results.value(name, "command-outlived-its-lock-after-kill", "of all", outlived[name], rounds)


def _loss(pair, before, seconds):
    """When the loser was told, or its command ended; None if that did not happen."""
    try:
        return pair.holder.wait("lost", seconds, after=before).nanos
    except Silent:
        return None


class Fault:
    """One kind of fault, done to a pair of every subject at once. Times are from the fault's begin, in seconds."""

    def __init__(self, name, starter, subjects, server_of, ttl, results):
        self.name, self.starter, self.subjects, self.server_of = name, starter, subjects, server_of
        self.ttl, self.results = ttl, results
        self.told = {s.name: [] for s in subjects}
        self.margins = {s.name: [] for s in subjects}
        self.never = {s.name: 0 for s in subjects}
        self.not_taken = {s.name: 0 for s in subjects}

    def run(self, rounds, begin, end, hold_seconds, look_seconds, linked=False):
        """begin, end: of the fault, for one pair or, for None, for all."""
        for turn in range(rounds):
            self.results.say(f"{self.name}: round {turn + 1} of {rounds}")
            links = {s.name: Link(self.server_of(s).port) for s in self.subjects} if linked else {}
            pairs = [Pair(self.starter, s, self.server_of(s), port=links[s.name].port if linked else None)
                     for s in self.subjects]
            _all(pairs, Pair.begin)
            _between_renewals(self.ttl)
            marks = {p.subject.name: (p.holder.mark(), p.waiter.mark()) for p in pairs}
            start = time.monotonic_ns()
            begin(pairs, links)
            time.sleep(hold_seconds)
            end(pairs, links)
            thawed = time.monotonic_ns()
            time.sleep(look_seconds)
            for pair in pairs:
                self._judge(pair, marks[pair.subject.name], start, thawed)
                pair.close()
            for link in links.values():
                link.close()

    def _judge(self, pair, marks, start, thawed):
        name = pair.subject.name
        lost = pair.holder.find(("lost",), after=marks[0])
        held = pair.waiter.find(("held",), after=marks[1])
        stopped = lost.nanos if lost else None
        if not stopped and pair.subject.runs == "command" and pair.holder.last_beat() < time.monotonic_ns() - 10**9:
            stopped = pair.holder.last_beat()  # killed without a last word
        if stopped:
            self.told[name].append((stopped - start) / 1e9)
        elif held:
            self.never[name] += 1
        if not held:
            self.not_taken[name] += 1
            return
        if not stopped:
            self.margins[name].append(-(time.monotonic_ns() - held.nanos) / 1e9)
            return
        begun = held.nanos
        if self.name == "paused" and pair.subject.runs == "library":
            # What is paused does nothing: its work can clash only from when it goes on.
            begun = max(begun, thawed)
        self.margins[name].append((begun - stopped) / 1e9)

    def report(self):
        for subject in self.subjects:
            name = subject.name
            self.results.values(name, f"{self.name}-loser-stopped-after", "s", self.told[name])
            margins = self.margins[name]
            if margins:
                self.results.values(name, f"{self.name}-stopped-before-next", "s", margins)
                self.results.value(name, f"{self.name}-two-at-once", "of all", sum(m < 0 for m in margins), len(margins))
            else:
                self.results.cannot(name, f"{self.name}-two-at-once", "nobody took the lock over within the time looked at")
            if self.never[name]:
                self.results.value(name, f"{self.name}-loser-never-stopped", "of all", self.never[name], len(margins))
            if self.not_taken[name]:
                self.results.value(name, f"{self.name}-nobody-took-over", "of all", self.not_taken[name],
                                   len(margins) + self.not_taken[name])


def frozen(starter, subjects, server_of, etcd, ttl, rounds, results):
    """etcd is stopped past the TTL, and goes on."""
    fault = Fault("frozen", starter, subjects, server_of, ttl, results)
    fault.run(rounds, lambda *_: etcd.freeze(), lambda *_: etcd.thaw(), ttl * 2 + 3, ttl + 5)
    fault.report()


def cut(starter, subjects, server_of, ttl, rounds, results):
    """The holder's link goes dead; the server and the others are well."""
    fault = Fault("cut", starter, subjects, server_of, ttl, results)

    def begin(_, links):
        for link in links.values():
            link.cut = True

    fault.run(rounds, begin, lambda *_: None, ttl * 2 + 8, 0, linked=True)
    fault.report()


def paused(starter, subjects, server_of, ttl, rounds, results):
    """The process that keeps the lock is stopped past the TTL, and goes on; a command that it runs is not stopped."""
    fault = Fault("paused", starter, subjects, server_of, ttl, results)

    def begin(pairs, _):
        for pair in pairs:
            pair.holder.pause()

    def end(pairs, _):
        for pair in pairs:
            pair.holder.resume()

    fault.run(rounds, begin, end, ttl * 2 + 1, 4)
    fault.report()
