"""A copy of the tree in the cache, where mutants are built and tested; one run at a time."""

import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess

from catalogue import Wrong

JAVA_MODULES = ["lock", "sidecar", "operator"]
BUILD_SECONDS = 1800
# Of the gate: what a mutation leaves unused is no error.
LENIENT = "WARNINGS=-std=c11 -D_GNU_SOURCE -w"
TEST_SECONDS = 120


class Workshop:
    def __init__(self, root):
        self.root = root
        self.cache = pathlib.Path(os.environ.get("LOCKCLAIM_CACHE") or pathlib.Path.home() / ".cache/lockclaim")
        self.tree = self.cache / "mutate/tree"
        self.mutant = self.cache / "mutate/mutant"

    def open(self, modules):
        """Copies the tree, what has changed alone, and builds what mutants and tests need."""
        self.tree.mkdir(parents=True, exist_ok=True)
        self.lock = (self.cache / "mutate/lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Wrong(f"another scripts/mutate is at work in {self.tree}; wait for it") from None
        self.copy()
        jdk = self.run(["scripts/find-jdk"], self.tree, 60).stdout.strip().splitlines()[-1]
        self.java, self.javac = f"{jdk}/bin/java", f"{jdk}/bin/javac"
        self.demand(["make", "-C", "gate"], "the gate cannot be built")
        java = [module for module in JAVA_MODULES if module in modules]
        if java:
            self.demand(["testbed/tools", "etcd", "etcdctl", "kube-apiserver", "kubectl"], "what tests run against cannot be built")
            self.demand(
                ["./mvnw", "-q", "-B", "-ntp", "-pl", ",".join(java), "-am", "-Dspotless.check.skip=true", "test-compile"]
                + ["dependency:build-classpath", "-Dmdep.includeScope=test", "-Dmdep.outputFile=target/test-class-path"],
                "the tree cannot be built",
            )
            self.runner = self.cache / "mutate/runner"
            self.demand(
                [self.javac, "-d", str(self.runner), "-cp", self.class_path("lock"), "scripts/mutations/RunTests.java"],
                "scripts/mutations/RunTests.java does not compile",
            )

    def copy(self):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root, check=True, capture_output=True
        ).stdout
        wanted = {name for name in os.fsdecode(listed).split("\0") if name and (self.root / name).is_file()}
        for name in wanted:
            source, target = self.root / name, self.tree / name
            if not target.is_file() or source.read_bytes() != target.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        for path in self.tree.rglob("*"):
            name = path.relative_to(self.tree)
            built = {"target", "build"} & set(name.parts[:-1])
            if path.is_file() and not built and str(name) not in wanted:
                path.unlink()

    def class_path(self, module):
        folder = self.tree / module / "target"
        return f"{folder}/test-classes:{folder}/classes:{(folder / 'test-class-path').read_text().strip()}"

    # ---- mutants

    def make(self, mutation):
        """Builds the mutant; returns where it is."""
        shutil.rmtree(self.mutant, ignore_errors=True)
        module = mutation.file.split("/")[0]
        text = mutation.applied(self.tree)
        if module == "gate":
            shutil.copytree(self.tree / "gate", self.mutant / "gate")
            (self.mutant / mutation.file).write_text(text)
            built = self.run(["make", "-C", "gate", LENIENT], self.mutant, BUILD_SECONDS)
        else:
            # The one file, against the classes of the others: a constant is in those, too, so none is to be mutated.
            mutated = self.mutant / pathlib.Path(mutation.file).name
            self.mutant.mkdir(parents=True)
            mutated.write_text(text)
            command = [self.javac, "-proc:none", "-nowarn", "-parameters", "-d", str(self.mutant / "classes")]
            built = self.run(command + ["-cp", self.class_path(module), str(mutated)], self.tree, BUILD_SECONDS)
        if built.returncode != 0:
            raise Wrong(f"the mutant does not compile; mend the mutation:\n{built.stdout[-3000:]}")

    def passed(self, module, tests, mutant=True):
        """Runs tests of a module; returns which passed, by test. A test that was not run is an error."""
        verdicts = {}
        for unit in sorted({test.unit for test in tests}):
            methods = [test.method for test in tests if test.unit == unit]
            if module == "gate":
                tree = self.mutant if mutant and (self.mutant / "gate").exists() else self.tree
                for method in methods:
                    verdicts |= self.gate_test(tree, unit, method)
            else:
                verdicts |= self.java_tests(module, unit, methods, mutant)
        for test in tests:
            if (test.unit, test.method) not in verdicts:
                raise Wrong(f"{test} was not run")
        return {test: verdicts[test.unit, test.method] for test in tests}

    def gate_test(self, tree, unit, method):
        environment = {"GATE": f"{tree}/gate/build/gate", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "test"}
        if unit.endswith("_test"):
            built = self.run(["make", "-C", "gate", LENIENT, f"build/{unit}"], tree, BUILD_SECONDS)
            if built.returncode != 0:
                raise Wrong(f"{unit} does not compile:\n{built.stdout[-3000:]}")
            done = self.run([f"gate/build/{unit}"], tree, TEST_SECONDS, {"GATE_TEST_ONLY": method})
            if done.returncode < 0 or "runtime error" in done.stdout or "AddressSanitizer" in done.stdout:
                return {(unit, method): False}  # the sanitizer has ended it
        else:
            done = self.run(["python3", "test/run.py", "--only", method, unit], tree / "gate", TEST_SECONDS, environment)
        found = re.findall(rf"^(ok  |FAIL) (?:{unit}\.)?{method}\b", done.stdout, re.M)
        if len(found) != 1:
            raise Wrong(f"gate:{unit}#{method} was not run, or is part of another one's name:\n{done.stdout[-2000:]}")
        return {(unit, method): found[0] == "ok  "}

    def java_tests(self, module, unit, methods, mutant):
        path = [str(self.mutant / "classes")] if mutant else []
        path += [str(self.runner), self.class_path(module), self.class_path("lock")]
        command = [self.java, "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
        command += ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"]
        command += [f"-Dlockclaim.bin={self.cache}/bin", f"-Dlockclaim.root={self.tree}", "-cp", ":".join(path), "RunTests"]
        done = self.run(command + [unit] + methods, self.tree / module, TEST_SECONDS)
        found = re.findall(r"^RunTests: (\w+) (passed|failed)$", done.stdout, re.M)
        if not found:
            raise Wrong(f"{module}:{unit} was not run:\n{done.stdout[-3000:]}")
        return {(unit, method): verdict == "passed" for method, verdict in found}

    # ---- processes

    def demand(self, command, wrong):
        done = self.run(command, self.tree, BUILD_SECONDS)
        if done.returncode != 0:
            raise Wrong(f"{wrong}:\n{done.stdout[-4000:]}")

    def run(self, command, folder, seconds, environment=None):
        """Runs to the end, in a process group that is ended with it."""
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Wrong(f"{command[0]} has not ended after {seconds} s: {' '.join(command)[-200:]}") from None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        return subprocess.CompletedProcess(command, process.returncode, output)
