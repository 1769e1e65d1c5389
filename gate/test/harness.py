"""A real gate in a real PID namespace, and the sidecar's end of its socket. No test is decided by a timing: waits end when
the thing is there; GUARD_SECONDS only ends a test that hangs."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

GUARD_SECONDS = 30
GATE = os.environ["GATE"]
with open(GATE, "rb") as gate_file:
    IS_STATIC = b"/lib64/ld-linux" not in gate_file.read()
LIBC = ctypes.CDLL(None, use_errno=True)


class CannotTest(Exception):
    """This machine cannot carry a test out; says why."""


def boot_ns():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def wait_for(what, condition):
    """Polls until condition() gives something true; returns it."""
    end = time.monotonic() + GUARD_SECONDS
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"never happened: {what}")
        time.sleep(0.005)


def read_file(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


class Line(dict):
    """A line of the gate: line.verb, and its fields as a dict."""

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.verb, _, rest = text.partition(" ")
        if self.verb == "ERROR":
            self["text"] = rest.partition("=")[2]
        else:
            self.update(field.partition("=")[::2] for field in rest.split(" ") if field)


class Connection:
    """One accepted connection of the gate."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(GUARD_SECONDS)
        self.buffer = b""

    def line(self):
        """The next line, or None at the end of the connection."""
        while b"\n" not in self.buffer:
            try:
                received = self.sock.recv(65536)
            except ConnectionResetError:
                received = b""
            if not received:
                return None
            self.buffer += received
        raw, _, self.buffer = self.buffer.partition(b"\n")
        assert len(raw) < 512, "the gate wrote a line that is too long"
        return Line(raw.decode("ascii"))

    def expect(self, verb, **fields):
        line = self.line()
        assert line is not None, f"the connection ended; expected {verb}"
        got = {key: line.get(key) for key in fields}
        wanted = {key: str(value) for key, value in fields.items()}
        assert line.verb == verb and got == wanted, f"got      {line.text}\n     expected {verb} {wanted}"
        if verb != "ERROR":
            assert 0 < int(line["boot_ns"]) <= boot_ns()
        return line

    def expect_end(self):
        line = self.line()
        assert line is None, f"got {line.text}; expected the end of the connection"

    def send(self, text):
        self.sock.sendall(text.encode("latin-1") + b"\n")

    def hello(self, sidecar=1):
        self.send(f"HELLO v=1 sidecar={sidecar} lock=payments/billing boot_ns={boot_ns()}")

    def run(self, token, term=60.0, kill=70.0, slot=0):
        now = boot_ns()
        self.send(f"RUN token={token} slot={slot} term_ns={now + int(term * 1e9)} kill_ns={now + int(kill * 1e9)}")

    def times(self, token, term, kill):
        now = boot_ns()
        self.send(f"TIMES token={token} term_ns={now + int(term * 1e9)} kill_ns={now + int(kill * 1e9)}")

    def stop(self, token, grace=60.0):
        self.send(f"STOP token={token} grace_ms={int(grace * 1000)}")

    def ping(self, token):
        """Returns once the gate has worked off all that was sent before."""
        self.send("PING")
        return self.expect("BEAT", token=token)

    def close(self):
        self.sock.close()


class Listener:
    """The sidecar's listening socket: a new file at the path."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        temporary = path + ".new"
        self.sock.bind(temporary)
        self.sock.listen(64)
        self.path = path
        self.inode = os.stat(temporary).st_ino
        os.rename(temporary, path)
        self.sock.settimeout(GUARD_SECONDS)
        self.accepted = []

    def accept(self):
        connection = Connection(self.sock.accept()[0])
        self.accepted.append(connection)
        return connection

    def obeyed(self, sidecar=1, **hello):
        """Accepts, checks the gate's HELLO and answers it."""
        connection = self.accept()
        connection.expect("HELLO", v=1, **hello)
        connection.hello(sidecar)
        return connection

    def close(self):
        """The sidecar is gone, and its file with it: a file left behind could be looked at just before it is replaced, and
        the gate would connect twice."""
        try:
            if os.stat(self.path).st_ino == self.inode:
                os.unlink(self.path)
        except FileNotFoundError:
            pass
        self.sock.close()
        for connection in self.accepted:
            connection.close()


class Gate:
    """A gate as PID 1 of a new PID namespace with its own /proc."""

    def __init__(self, test, *command, options=(), socket_path=None, stderr=None, **popen):
        self.test = test
        self.log_path = os.path.join(test.folder, f"log-{len(test.gates)}")
        log = open(self.log_path, "wb") if stderr is None else stderr
        own = [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
        self.outer = subprocess.Popen(
            ["unshare", *own, "--pid", "--fork", "--kill-child", "--mount-proc",
             GATE, "run", f"--socket={socket_path or test.path}", *options, "--", *command],
            stderr=log, stdout=popen.pop("stdout", log), stdin=popen.pop("stdin", subprocess.DEVNULL), **popen)
        if stderr is None:
            log.close()
        test.gates.append(self)
        self.pid = wait_for("the gate's process", self._child)

    def _child(self):
        children = read_file(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").split()
        return int(children[0]) if children else self.outer.poll() is not None and -1

    def log(self):
        return read_file(self.log_path)

    def signal(self, number):
        os.kill(self.pid, number)

    def status(self):
        """Waits for the gate's exit status."""
        return self.outer.wait(GUARD_SECONDS)

    def comm(self):
        return read_file(f"/proc/{self.pid}/comm").strip()

    def others(self):
        """Host PIDs of the processes in its namespace besides the gate, zombies not counted."""
        try:
            own = os.readlink(f"/proc/{self.pid}/ns/pid")
        except OSError:
            return []
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                same = os.readlink(f"/proc/{pid}/ns/pid") == own
                state = read_file(f"/proc/{pid}/stat").rpartition(")")[2].split()
            except OSError:
                continue
            if same and int(pid) != self.pid and state and state[0] not in "ZX":
                found.append(int(pid))
        return found

    def enter(self, *command, **popen):
        """Runs a command in its PID and mount namespace from outside, as exec probes and kubectl exec do."""
        own = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return subprocess.Popen(["nsenter", "-t", str(self.pid), *own, "--pid", "--mount", "--", *command], **popen)

    def kill(self):
        if self.outer.poll() is None:
            self.outer.kill()  # --kill-child takes the gate, and with it its whole namespace
            self.outer.wait()


def descendants(pid):
    """Children and theirs: an inner gate does not always end with the outer one that was broken for a try."""
    children = [int(child) for child in read_file(f"/proc/{pid}/task/{pid}/children").split()]
    return [one for child in children for one in [*descendants(child), child]]


class Test:
    """What one test has: a folder, a socket path, and the duty to stop whatever it started."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="gate-test-")
        os.chmod(self.folder, 0o755)
        self.path = os.path.join(self.folder, "gate.sock")
        self.gates = []
        self.listeners = []
        self.processes = []
        self.pidfds = []

    def file(self, name):
        return os.path.join(self.folder, name)

    def content(self, name):
        return read_file(self.file(name))

    def wait_file(self, name):
        """Waits until the file has a whole line; returns it."""
        return wait_for(f"a line in {name}", lambda: self.content(name).endswith("\n") and self.content(name))

    def listen(self):
        listener = Listener(self.path)
        self.listeners.append(listener)
        return listener

    def gate(self, *command, **more):
        return Gate(self, *command, **more)

    def shell(self, script, **more):
        """A gate whose main is a shell script; $D is the test's folder."""
        return Gate(self, "sh", "-c", f"D={self.folder}\n{script}", **more)

    def start(self, *command, **popen):
        process = subprocess.Popen(command, **popen)
        self.processes.append(process)
        return process

    def running(self, script, token=7, term=60.0, kill=70.0, **more):
        """A gate whose main runs and has written a line to $D/up; returns it, its listener and the connection."""
        listener = self.listen()
        gate = self.shell(script, **more)
        connection = listener.obeyed(state="waiting", token=0)
        connection.run(token, term, kill)
        connection.expect("STARTED", token=token)
        self.wait_file("up")
        return gate, listener, connection

    def also_end(self, pid):
        """For a process that may lose its parent in the test."""
        self.pidfds.append(os.pidfd_open(pid))

    def end(self):
        for pidfd in self.pidfds:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)
        for gate in self.gates:
            gate.kill()
        for process in self.processes:
            if process.poll() is None:
                for pid in [*descendants(process.pid), process.pid]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                process.wait()
        for listener in self.listeners:
            listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)


SLEEP = "echo up > $D/up; exec sleep 1000"
STUBBORN = "trap '' TERM INT HUP QUIT; echo up > $D/up; while :; do sleep 0.05; done"
GENTLE = "trap 'echo asked > $D/asked; exit 0' TERM; echo up > $D/up; while :; do sleep 0.05; done"


def freeze(pid):
    os.kill(pid, signal.SIGSTOP)
    wait_for("it stands still", lambda: read_file(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] == "T")


def thaw(pid):
    os.kill(pid, signal.SIGCONT)
