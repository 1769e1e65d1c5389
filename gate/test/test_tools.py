"""The command line, probes, --new-namespace, the build."""

import fcntl
import os
import shutil
import signal
import subprocess
import termios
import time

from harness import GATE, GENTLE, IS_STATIC, CannotTest, descendants, freeze, read_file, thaw, wait_for

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def call(*arguments, **more):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False, **more)


def test_wrong_use_is_one_line_and_2(test):
    for arguments, part in [
        ([], "give run, probe, version or help"),
        (["jump"], "give run, probe, version or help"),
        (["run"], "no command given"),
        (["run", "--"], "no command given"),
        (["run", "sleep"], 'unknown option "sleep"'),
        (["run", "--frob=1", "--", "x"], 'unknown option "--frob=1"'),
        (["run", "--container=A", "--", "x"], '--container "A"'),
        (["run", "--container=", "--", "x"], '--container ""'),
        (["run", "--socket=gate.sock", "--", "x"], "--socket"),
        (["run", "--socket=/" + "a" * 107, "--", "x"], "107 bytes"),
        (["run", "--termination-grace-seconds=-1", "--", "x"], "--termination-grace-seconds"),
        (["run", "--termination-grace-seconds=3s", "--", "x"], "--termination-grace-seconds"),
        (["run", "--stop-grace-seconds=", "--", "x"], "--stop-grace-seconds"),
        (["run", "--on-loss=panic", "--", "x"], "hold or restart"),
        (["run", "--stop-signal=SIGNAL", "--", "x"], "--stop-signal"),
        (["run", "--stop-signal=65", "--", "x"], "--stop-signal"),
        (["probe"], "gate probe"),
        (["probe", "later", "--", "x"], "gate probe"),
        (["probe", "hook", "--"], "gate probe"),
        (["run", "--container=" + "x" * 5000, "--", "x"], "--container"),
    ]:
        done = call(GATE, *arguments)
        assert done.returncode == 2 and done.stdout == "", arguments
        assert done.stderr.startswith("gate: ") and done.stderr.count("\n") == 1 and part in done.stderr, done.stderr


def test_version_and_help(test):
    version = call(GATE, "version")
    assert version.returncode == 0 and version.stdout == "gate 0.1.0 protocol 1\n"
    usage = call(GATE, "help")
    assert usage.returncode == 0 and "--new-namespace" in usage.stdout and usage.stderr == ""


def test_h5_not_the_first_process(test):
    done = call(GATE, "run", "--", "true")
    assert done.returncode == 2
    assert "must be the first process (PID 1) of its container" in done.stderr and done.stderr.count("\n") == 1


def test_proc_of_another_namespace(test):
    if os.geteuid() != 0:
        raise CannotTest("needs root")
    done = call("unshare", "--pid", "--fork", GATE, "run", "--", "true")
    assert done.returncode == 2 and "/proc does not show this container's processes" in done.stderr


def probe(gate, *arguments):
    entered = gate.enter(GATE, "probe", *arguments, stdout=-1, stderr=-1, text=True)
    out, err = entered.communicate(timeout=30)
    return entered.returncode, out, err


def test_probe_passes_on_a_standby_and_works_on_the_active(test):
    listener = test.listen()
    gate = test.shell(GENTLE)
    connection = listener.obeyed()
    for kind in ("startup", "liveness", "readiness", "hook"):
        assert probe(gate, kind, "--", "sh", "-c", "exit 7") == (0, "", "")
    connection.run(7)
    connection.expect("STARTED")
    for kind in ("startup", "liveness", "readiness", "hook"):
        assert probe(gate, kind, "--", "sh", "-c", "echo $0; exit 7", "a b") == (7, "a b\n", "")
    status, _, err = probe(gate, "hook", "--", "/no/such")
    assert status == 127 and 'cannot execute "/no/such": No such file or directory' in err
    test.wait_file("up")
    connection.stop(7)
    connection.expect("STOPPING")
    connection.expect("ENDED")
    assert probe(gate, "liveness", "--", "sh", "-c", "exit 7")[0] == 0


def test_probe_where_there_is_no_gate(test):
    done = call(GATE, "probe", "liveness", "--", "true")
    assert done.returncode == 2 and "not a gate" in done.stderr and done.stderr.count("\n") == 1


def new_namespace(test, *command, wrap=(), options=(), **popen):
    log = open(test.file("outer-log"), "wb")
    with log:
        return test.start(*wrap, GATE, "run", f"--socket={test.path}", "--new-namespace", *options, "--", *command, stderr=log,
                          stdin=subprocess.DEVNULL, **popen)



NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def as_users():
    return [(), NOBODY] if os.geteuid() == 0 else [()]


def test_new_namespace_runs_main(test):
    os.chmod(test.folder, 0o777)
    for wrap in as_users():
        listener = test.listen()
        os.chmod(test.path, 0o666)
        outer = new_namespace(test, "sh", "-c", "echo $(id -u) $(id -g) $$ $(ls -d /proc/[0-9]* | wc -l); exit 6", wrap=wrap,
                              stdout=subprocess.PIPE)
        connection = listener.obeyed(state="waiting")
        connection.run(7)
        connection.expect("STARTED", token=7)
        connection.expect("STOPPING", token=7)
        connection.expect("ENDED", token=7, status="exit:6", next="exit")
        connection.expect_end()
        assert outer.wait(30) == 6
        user, group, pid, count = outer.stdout.read().split()
        outer.stdout.close()
        assert int(user) == int(group) == (65534 if wrap else os.geteuid())
        assert int(pid) == 2 and int(count) <= 6  # the gate, main, its subshells
    assert wait_for("no other mounts here", lambda: str(os.getpid()) == os.readlink("/proc/self"))


def test_new_namespace_leaves_the_hosts_proc_alone(test):
    """Where mounts are shared, as systemd has them, the new /proc must not spread."""
    if os.geteuid() != 0:
        raise CannotTest("needs root")
    listener = test.listen()
    script = ('mount --make-rshared / && "$@"; status=$?; '
              '[ "$(readlink /proc/self)" ] && ls -d /proc/$$ >&2 && exit $status; exit 99')
    outer = new_namespace(test, "true", wrap=("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"))
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    connection.expect("STOPPING")
    connection.expect("ENDED", status="exit:0")
    connection.expect_end()
    assert outer.wait(30) == 0


def test_new_namespace_passes_signals_and_status(test):
    listener = test.listen()
    outer = new_namespace(test, "sh", "-c", f"trap 'exit 9' TERM; trap 'echo usr > {test.folder}/usr' USR1; "
                                            f"echo up > {test.folder}/up; while :; do sleep 0.05; done")
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    test.wait_file("up")
    outer.send_signal(signal.SIGUSR1)
    test.wait_file("usr")
    outer.send_signal(signal.SIGTERM)
    connection.expect("STOPPING", why="term")
    connection.expect("ENDED", status="exit:9", why="term", next="exit")
    assert outer.wait(30) == 9


def test_c9_h14_new_namespace_ends_main_though_its_gate_is_stopped(test):
    """Nobody sends anything any more and PID 1 stands still: the outer process is the second dead-man's switch."""
    listener = test.listen()
    outer = new_namespace(test, "sh", "-c", f"trap '' TERM; echo up > {test.folder}/up; while :; do sleep 0.01; done")
    connection = listener.obeyed()
    connection.run(7, term=1.0, kill=1.2)
    connection.expect("STARTED", token=7)
    test.wait_file("up")
    inner = int(read_file(f"/proc/{outer.pid}/task/{outer.pid}/children"))
    os.kill(inner, signal.SIGSTOP)
    assert outer.wait(30) == 125
    assert not os.path.exists(f"/proc/{inner}")
    assert "has stood still past the time to kill main" in read_file(test.file("outer-log"))


def test_new_namespace_tells_a_killed_gate_from_a_killed_self(test):
    """Below 128 nothing is left: what the launcher gives the lock back by."""
    for wrap in as_users():
        os.chmod(test.folder, 0o777)
        listener = test.listen()
        os.chmod(test.path, 0o666)
        outer = new_namespace(test, "sh", "-c", f"setsid sleep 1000 & echo up > {test.folder}/up; wait", wrap=wrap)
        connection = listener.obeyed()
        connection.run(7)
        connection.expect("STARTED", token=7)
        test.wait_file("up")
        os.unlink(test.file("up"))
        inside = descendants(outer.pid)
        os.kill(inside[-1], signal.SIGKILL)  # the gate; before it stand those that it has started
        assert outer.wait(30) == 125
        assert len(inside) > 2 and not any(os.path.exists(f"/proc/{pid}") for pid in inside)
        assert "ended by signal 9" in read_file(test.file("outer-log"))
        connection.expect_end()


def test_new_namespace_lets_main_live_while_its_times_are_renewed(test):
    listener = test.listen()
    outer = new_namespace(test, "sleep", "1000")
    connection = listener.obeyed()
    connection.run(7, term=0.3, kill=0.6)
    connection.expect("STARTED", token=7)
    connection.times(7, 60.0, 70.0)
    connection.expect("BEAT", token=7)
    time.sleep(1)  # past the first times; that nothing happens cannot be waited for
    connection.ping(7)
    connection.stop(7, 0)
    connection.expect("STOPPING", token=7)
    connection.expect("ENDED", token=7, next="wait")
    assert outer.poll() is None


def test_new_namespace_standby_ends_on_term(test):
    listener = test.listen()
    outer = new_namespace(test, "sleep", "1000")
    connection = listener.obeyed()
    connection.ping(0)
    outer.send_signal(signal.SIGTERM)
    connection.expect("ENDED", token=0, next="exit")
    assert outer.wait(30) == 143


def test_death_of_the_outer_gate_ends_main(test):
    for wrap in as_users():
        os.chmod(test.folder, 0o777)
        listener = test.listen()
        os.chmod(test.path, 0o666)
        script = f"trap 'exit 9' TERM; echo up > {test.folder}/up; while :; do sleep 0.05; done"
        outer = new_namespace(test, "sh", "-c", script, wrap=wrap)
        connection = listener.obeyed()
        connection.run(7)
        connection.expect("STARTED")
        test.wait_file("up")
        os.unlink(test.file("up"))
        for pid in descendants(outer.pid):
            test.also_end(pid)
        outer.kill()
        connection.expect("STOPPING", why="term")
        connection.expect("ENDED", status="exit:9", why="term", next="exit")
        connection.expect_end()  # else it would come to the next listener
        outer.wait(30)


def test_death_of_the_launcher_ends_main(test):
    listener = test.listen()
    launcher = new_namespace(test, "sh", "-c", f"trap 'exit 9' TERM; echo up > {test.folder}/up; while :; do sleep 0.05; done",
                             wrap=("sh", "-c", '"$@" & wait', "sh"))
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    test.wait_file("up")
    for pid in descendants(launcher.pid):
        test.also_end(pid)
    launcher.kill()
    connection.expect("STOPPING", why="term")
    connection.expect("ENDED", status="exit:9", why="term", next="exit")
    connection.expect_end()


def test_ctrl_c_reaches_main_once(test):
    """The terminal sends SIGINT to launcher, both gates and main alike; none of them sends it to main again."""
    listener = test.listen()
    leader, follower = os.openpty()

    def take_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    program = ("import signal as s\n"
               "s.pthread_sigmask(s.SIG_BLOCK, [s.SIGINT, s.SIGTERM])\n"
               f"print('up', file=open('{test.folder}/up', 'w'))\n"
               "while (got := s.sigwaitinfo([s.SIGINT, s.SIGTERM])).si_signo != s.SIGTERM:\n"
               f"  print(got.si_code, file=open('{test.folder}/got', 'a'))\n")
    outer = test.start(GATE, "run", f"--socket={test.path}", "--new-namespace", "--", "python3", "-c", program,
                       stdin=follower, stdout=follower, stderr=follower, preexec_fn=take_terminal)
    os.close(follower)
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    test.wait_file("up")
    inner = int(read_file(f"/proc/{outer.pid}/task/{outer.pid}/children"))
    for pid in (outer.pid, inner):  # so that main has taken the terminal's before a second one could come
        freeze(pid)
    os.write(leader, b"\x03")
    test.wait_file("got")
    thaw(inner)
    connection.expect("STOPPING", why="term")
    connection.ping(7)
    thaw(outer.pid)
    outer.send_signal(signal.SIGTERM)
    connection.expect("ENDED", status="exit:0", why="term", next="exit")
    assert outer.wait(30) == 0
    assert test.content("got") == "128\n", "from the kernel, and only once"
    os.close(leader)


def test_no_user_namespaces_is_a_clear_line(test):
    if os.geteuid() != 0 or not IS_STATIC:
        raise CannotTest("needs root, to forbid them, and the static gate")
    root = test.file("root")
    os.mkdir(root)
    shutil.copy(GATE, root)

    def forbid():  # the kernel refuses a user namespace to a process in a chroot
        os.chroot(root)
        os.setgid(65534)
        os.setuid(65534)

    done = call("/" + os.path.basename(GATE), "run", "--new-namespace", "--", "true", preexec_fn=forbid)
    assert done.returncode == 125
    assert "cannot make a user namespace (Operation not permitted)" in done.stderr and done.stderr.count("\n") == 1


def test_runs_in_an_empty_image(test):
    """No shell, no libc, read-only: nothing but the binary and /proc."""
    if os.geteuid() != 0 or not IS_STATIC:
        raise CannotTest("needs root and the static gate")
    root = test.file("root")
    os.makedirs(root + "/proc")
    shutil.copy(GATE, root + "/gate")
    listener = test.listen()
    os.mkdir(root + "/lockclaim")
    outer = test.start("unshare", "--pid", "--fork", "--kill-child", "--mount", "sh", "-c",
                       'mount --bind "$1" "$1/root/lockclaim" && mount -t proc proc "$1/root/proc" && '
                       'exec chroot "$1/root" /gate run -- /gate version',
                       "sh", test.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    connection.expect("STOPPING")
    connection.expect("ENDED", status="exit:0")
    assert outer.wait(30) == 0
    assert outer.stdout.read() == b"gate 0.1.0 protocol 1\n"
    outer.stdout.close()


def test_build_is_reproducible_and_small(test):
    if shutil.which("musl-gcc") is None:
        raise CannotTest("needs musl-gcc")
    built = []
    for name in ("one", "another/place"):
        folder = test.file(name)
        shutil.copytree(os.path.join(SOURCE, "src"), folder + "/src")
        shutil.copy(os.path.join(SOURCE, "Makefile"), folder)
        done = call("make", "-C", folder)
        assert done.returncode == 0, done.stderr
        with open(folder + "/build/gate", "rb") as file:
            built.append(file.read())
    assert built[0] == built[1]
    assert len(built[0]) <= 64 * 1024, len(built[0])
    assert b"/lib64/ld-linux" not in built[0]
