"""The servers that the subjects are measured on: etcd, an API server over it, and a link that can be cut."""

import base64
import json
import os
import pathlib
import secrets
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} was not seen within {seconds} s")
        time.sleep(0.02)


def spread_niceness(pid):
    """Linux counts niceness only within a session; what was given to the driver is to count for all that it starts."""
    niceness = os.nice(0)
    if niceness:
        try:
            pathlib.Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
        except OSError:
            pass  # a kernel without such groups


class Server:
    """A process of its own, with its output in a file of the run's folder."""

    def __init__(self, folder, name, command):
        self.folder = pathlib.Path(folder, name)
        self.folder.mkdir(parents=True)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.kill()
        self.process.wait()


class Etcd(Server):
    """One member, with fsync, on a disk."""

    # About what a question of count() adds to etcd's counters of bytes.
    QUESTION_BYTES = 260

    def __init__(self, folder, program, name="etcd"):
        self.asked = 0
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        peer = f"http://127.0.0.1:{free_port()}"
        super().__init__(folder, name, [
            program, f"--data-dir={folder}/{name}/data", f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}", f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}", "--log-level=error",
        ])
        wait_until("etcd", 30, self.healthy)

    def healthy(self):
        try:
            return b"true" in self.get("/health")
        except OSError:
            return False

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return answer.read()

    def count(self, prefix):
        """How many keys there are below a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        body = {"key": base64.b64encode(prefix.encode()).decode(), "range_end": base64.b64encode(end.encode()).decode(),
                "count_only": True}
        request = urllib.request.Request(self.url + "/v3/kv/range", json.dumps(body).encode())
        self.asked += 1
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(json.load(answer).get("count", 0))

    def counters(self):
        """
        What clients have sent so far: messages, and bytes both ways; and what etcd has written to its log for them. The
        driver's own questions are not counted.
        """
        requests, sent, writes = -float(self.asked), -float(self.asked) * self.QUESTION_BYTES, 0.0
        for line in self.get("/metrics").decode().splitlines():
            if line.startswith("grpc_server_msg_received_total"):
                requests += float(line.rsplit(" ", 1)[1])
            elif line.startswith(("etcd_network_client_grpc_received_bytes_total",
                                  "etcd_network_client_grpc_sent_bytes_total")):
                sent += float(line.rsplit(" ", 1)[1])
            elif line.startswith("etcd_server_proposals_applied_total"):
                writes += float(line.rsplit(" ", 1)[1])
        return requests, sent, writes


class ApiServer(Server):
    """kube-apiserver over an etcd. Who has its kubeconfig may do everything."""

    def __init__(self, folder, program, etcd, name="apiserver"):
        home = pathlib.Path(folder, name + "-keys")
        home.mkdir()
        self.token = secrets.token_hex(16)
        (home / "tokens.csv").write_text(f'{self.token},bench,bench,"system:masters"\n')
        key, public = home / "sa.key", home / "sa.pub"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
        self.port = free_port()
        super().__init__(folder, name, [
            program, f"--etcd-servers={etcd.url}", "--bind-address=127.0.0.1", f"--secure-port={self.port}",
            f"--cert-dir={home}/certificates", "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={public}",
            f"--service-account-signing-key-file={key}", f"--token-auth-file={home}/tokens.csv",
            "--authorization-mode=RBAC",
        ])
        self.home = home
        wait_until("the API server", 90, self.healthy)

    def healthy(self):
        context = ssl._create_unverified_context()
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}/readyz",
                                         headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=5, context=context) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def kubeconfig(self, port=None):
        """A file for clients that go to the server, or to a link before it."""
        port = port or self.port
        file = self.home / f"kubeconfig-{port}"
        if file.exists():
            return str(file)  # somebody may be reading it
        file.write_text(f"""apiVersion: v1
kind: Config
clusters: [{{name: bench, cluster: {{server: "https://127.0.0.1:{port}", insecure-skip-tls-verify: true}}}}]
users: [{{name: bench, user: {{token: {self.token}}}}}]
contexts: [{{name: bench, context: {{cluster: bench, user: bench}}}}]
current-context: bench
""")
        return str(file)


class Link:
    """A port before a server. Cut, it goes on taking what is sent, and passes nothing on, as a dead network does."""

    def __init__(self, to_port):
        self.to_port = to_port
        self.cut = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to_port))
            except OSError:
                return
            for ends in ((near, far), (far, near)):
                for end in ends:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source, target):
        try:
            while data := source.recv(65536):
                if not self.cut:
                    target.sendall(data)
            if not self.cut:
                target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.cut = True
        self.listener.close()
