"""Two candidates of one lock, in a process each: the one holds, the other waits."""

import itertools
import random
import time

from agents import Silent

_names = itertools.count(1)


class Pair:
    # From standing in line until a hand-over: more than the 100 ms after which etcd serves a late watch, and not in
    # step with anything.
    SETTLE_SECONDS = (0.12, 0.16)
    # From a new process's first join until it stands in line: a JVM connects and loads its classes. A library's key is not
    # looked for, since each has its own place for it.
    BEGIN_SECONDS = 1.5

    def __init__(self, starter, subject, server, port=None, flags=None):
        self.starter, self.subject, self.server, self.flags = starter, subject, server, flags
        self.lock = f"{subject.name}-{next(_names)}"
        self.patience = 15 if subject.server == "etcd" else 40
        self.holder = self.new(port)
        self.waiter = self.new()

    def new(self, port=None):
        return self.starter.start(self.subject, self.lock, self.server, port=port, flags=self.flags)

    def begin(self):
        """The holder holds, the waiter stands in line."""
        self.holder.ready()
        self.waiter.ready()
        self.holder.join()
        self.holder.wait("held", self.patience)
        self.stand_in_line()
        time.sleep(self.BEGIN_SECONDS)
        return self

    def stand_in_line(self):
        self.waiter.join()
        if self.subject.runs == "library":
            return
        # A program that starts anew is in line when its key is there; a library that has begun has nothing left to start.
        prefix, keys = {"etcdctl": (f"/etcdctl/{self.lock}/", 2),
                        "lockclaim-run": (f"/lockclaim/bench/{self.lock}/queue/", 1)}[self.subject.name]
        end = time.monotonic() + self.patience
        while self.server.count(prefix) < keys:
            if time.monotonic() > end:
                raise Silent(f"it does not stand in line after {self.patience} s")
            time.sleep(0.05)

    def settle(self):
        time.sleep(random.uniform(*self.SETTLE_SECONDS))

    def hand_over(self):
        """Milliseconds from the call of release to the next one knowing; then the two have changed places."""
        before, after = self.holder.mark(), self.waiter.mark()
        self.holder.release()
        held = self.waiter.wait("held", self.patience, after=after)
        releasing = self.holder.wait("releasing", self.patience, after=before)
        self.holder, self.waiter = self.waiter, self.holder
        if self.subject.name == "etcdctl":
            self.waiter.process.wait()
        self.stand_in_line()
        return (held.nanos - releasing.nanos) / 1e6

    def replace_holder(self):
        """After the holder's death: who waited holds, and a new one stands in line."""
        self.starter.close(self.holder)
        self.holder, self.waiter = self.waiter, self.new()

    def close(self):
        self.starter.close(self.holder, self.waiter)
