"""Processes that play candidates, as the driver sees them."""

import collections
import http.client
import os
import signal
import socket
import subprocess
import threading
import time

from servers import spread_niceness

Event = collections.namedtuple("Event", "name index nanos text")


class Silent(Exception):
    """A candidate did not say in time what was waited for."""


class Agent:
    """One process with one or many candidates of a subject; speaks the lines of bench/peers/README.md."""

    def __init__(self, command, log, environment=None):
        self.events = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                        env={**os.environ, **(environment or {})}, start_new_session=True)
        spread_niceness(self.process.pid)
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    @property
    def pid(self):
        return self.process.pid

    def _read(self, process):
        for line in process.stdout:
            parts = line.decode(errors="replace").rstrip("\n").split(" ", 3)
            if len(parts) > 2 and parts[1].isdigit() and parts[2].isdigit():
                self.add(Event(parts[0], int(parts[1]), int(parts[2]), parts[3] if len(parts) > 3 else ""))
        with self.changed:
            self.changed.notify_all()

    def ended(self):
        """Whether the process is gone, although it should wait for words."""
        return self.process.poll() is not None

    def add(self, event):
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def mark(self):
        """A place in the events, to look only at what comes after it."""
        return len(self.events)

    def find(self, names, index=None, after=0):
        with self.changed:
            return next((e for e in self.events[after:] if e.name in names and index in (None, e.index)), None)

    def wait(self, names, seconds, index=None, after=0):
        """The first such event after a mark."""
        names = (names,) if isinstance(names, str) else names
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                for event in self.events[after:]:
                    if event.name in names and index in (None, event.index):
                        return event
                    if event.name == "failed" and index in (None, event.index):
                        raise Silent(f"{event.name}: {event.text}")
                left = end - time.monotonic()
                if self.ended():
                    raise Silent(f"the process ended with {self.process.returncode}")
                if left <= 0 or not self.changed.wait(left) and not self.ended():
                    raise Silent(f"{'/'.join(names)} did not come within {seconds:.0f} s")

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines).encode())
        self.process.stdin.flush()

    def ready(self, seconds=60):
        self.wait("ready", seconds)

    def join(self, index=0):
        self.say(f"join {index}")

    def release(self, index=0):
        self.say(f"release {index}")

    def pause(self):
        """Stops the process that keeps the lock."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """Ends the process that keeps the lock, and nothing else."""
        self.process.kill()
        self.process.wait()

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Runner(Agent):
    """A program that runs a command under a lock. The command tells its first and its last instant."""

    def __init__(self, command, log, beats):
        self.command, self.log, self.beats = command, log, str(beats)
        self.events, self.changed = [], threading.Condition()
        self.process = None
        self.add(Event("ready", 0, time.monotonic_ns(), ""))

    def add(self, event):
        if event.name == "ended":
            # Whether it was a release or a loss, the driver knows.
            super().add(Event("releasing", 0, event.nanos, ""))
            event = Event("lost", 0, event.nanos, "")
        super().add(event)

    def join(self, index=0):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
                env={**os.environ, "BENCH_BEATS": self.beats}, start_new_session=True)
            spread_niceness(self.process.pid)
            threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def ended(self):
        return False  # it ends with its command, and is started again

    def work(self):
        """What the running command has said of itself: its process id, and its socket if it has one."""
        held = [e for e in self.events if e.name == "held"][-1]
        pid, _, path = held.text.partition(" ")
        return int(pid), path

    def last_beat(self):
        try:
            with open(self.beats, "rb") as file:
                return int.from_bytes(file.read(8), "little")
        except OSError:
            return 0

    def close(self):
        if self.process is not None:
            super().close()


class EtcdctlRunner(Runner):
    def release(self, index=0):
        os.kill(self.work()[0], signal.SIGTERM)

    def close(self):
        held = any(e.name == "held" for e in self.events)
        super().close()
        if held and not self.find(("lost",), after=max(i for i, e in enumerate(self.events) if e.name == "held")):
            try:
                os.kill(self.work()[0], signal.SIGKILL)  # etcdctl leaves its command behind
            except ProcessLookupError:
                pass


class LockclaimRunner(Runner):
    def release(self, index=0):
        connection = http.client.HTTPConnection("localhost", timeout=5)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.work()[1])
        connection.request("POST", "/v1/yield?force=true")
        connection.getresponse().read()
        connection.close()
