"""RUN: held until it comes, answered always, one token one start; what main gets."""

import os
import signal
import stat

from harness import GENTLE, SLEEP, boot_ns, read_file, wait_for


def test_nothing_starts_before_run(test):
    listener = test.listen()
    gate = test.shell(SLEEP)
    connection = listener.obeyed(state="waiting", token=0, stopped=0, container="main")
    connection.ping(0)
    assert gate.others() == [] and test.content("up") == ""
    assert gate.comm() == "gate:standby"
    connection.run(7)
    connection.expect("STARTED", token=7)
    test.wait_file("up")
    assert len(gate.others()) == 1
    assert gate.comm() == "gate:active"


def test_waiting_costs_no_cpu(test):
    listener = test.listen()
    gate = test.shell(SLEEP)
    listener.obeyed().ping(0)

    def switches():
        status = read_file(f"/proc/{gate.pid}/status")
        return sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)

    before = switches()
    begin = boot_ns()
    wait_for("two seconds", lambda: boot_ns() - begin > 2e9)
    woken = switches() - before
    assert woken <= 6, f"woken {woken} times in two seconds"


def test_hello_names_container_and_gate(test):
    listener = test.listen()
    test.shell(SLEEP, options=["--container=worker-1"])
    test.shell(SLEEP, options=["--container=worker-2"])
    hellos = {hello["container"]: hello["instance"] for hello in (listener.accept().expect("HELLO") for _ in range(2))}
    assert sorted(hellos) == ["worker-1", "worker-2"]
    assert len(set(hellos.values())) == 2
    assert all(len(instance) == 16 and int(instance, 16) >= 0 for instance in hellos.values())


def test_environment_of_main(test):
    listener = test.listen()
    os.environ["LOCKCLAIM_TOKEN"] = "1"
    try:
        test.shell("env > $D/env.new; mv $D/env.new $D/env; exec sleep 1000")
    finally:
        del os.environ["LOCKCLAIM_TOKEN"]
    connection = listener.obeyed()
    connection.run(9223372036854775807, slot=3)
    connection.expect("STARTED", token=9223372036854775807)
    environment = dict(line.partition("=")[::2] for line in test.wait_file("env").splitlines())
    assert environment["LOCKCLAIM_TOKEN"] == "9223372036854775807"
    assert environment["LOCKCLAIM_LOCK"] == "payments/billing"
    assert environment["LOCKCLAIM_SLOT"] == "3"
    assert environment["LOCKCLAIM_SOCKET"] == os.path.join(test.folder, "lock.sock")
    assert environment["PATH"] == os.environ["PATH"]


def test_main_inherits_descriptors_0_1_2_only(test):
    listener = test.listen()
    leak = os.open("/", os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        gate = test.gate("sleep", "1000", close_fds=False)
    finally:
        os.close(leak)
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    (main,) = gate.others()
    assert sorted(os.listdir(f"/proc/{main}/fd")) == ["0", "1", "2"]


def test_closed_descriptors_are_filled(test):
    listener = test.listen()
    script = f'exec unshare --pid --fork --kill-child --mount-proc "$0" run --socket={test.path} -- sleep 1000 <&- >&- 2>&-'
    if os.geteuid() != 0:
        script = script.replace("unshare", "unshare --user --map-current-user")
    outer = test.start("sh", "-c", script, os.environ["GATE"])
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    gate_pid = int(read_file(f"/proc/{outer.pid}/task/{outer.pid}/children"))
    main = int(read_file(f"/proc/{gate_pid}/task/{gate_pid}/children"))
    for number in "012":
        assert stat.S_ISCHR(os.stat(f"/proc/{main}/fd/{number}").st_mode)


def test_signal_mask_and_actions_are_reset(test):
    listener = test.listen()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1])
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        gate = test.gate("sleep", "1000", restore_signals=False)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM, signal.SIGUSR1])
        signal.signal(signal.SIGUSR2, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    (main,) = gate.others()
    status = dict(line.partition(":\t")[::2] for line in read_file(f"/proc/{main}/status").splitlines())
    assert int(status["SigBlk"], 16) == 0
    ignored = int(status["SigIgn"], 16) & 0x7FFFFFFF  # 32 to 34 belong to the C library
    assert ignored == 1 << (signal.SIGHUP - 1), "only what nohup ignores stays ignored"
    gate.signal(signal.SIGHUP)
    connection.ping(7)


def test_run_again_of_the_running_token(test):
    gate, _, connection = test.running(SLEEP)
    connection.run(7)
    connection.expect("STARTED", token=7)
    assert len(gate.others()) == 1


def test_c14_l1_late_run_is_refused_and_may_come_again(test):
    listener = test.listen()
    gate = test.shell(SLEEP)
    connection = listener.obeyed()
    connection.run(7, term=-0.001, kill=5)
    connection.expect("REFUSED", token=7, reason="late")
    assert gate.others() == []
    connection.run(7)
    connection.expect("STARTED", token=7)


def test_h2_one_token_is_one_start(test):
    gate, _, connection = test.running(GENTLE)
    connection.stop(7)
    connection.expect("STOPPING", token=7, why="stop")
    connection.expect("ENDED", token=7)
    connection.run(7)
    connection.expect("REFUSED", token=7, reason="stale")
    connection.run(6)
    connection.expect("REFUSED", token=6, reason="stale")
    assert gate.others() == []
    connection.run(8)
    connection.expect("STARTED", token=8)


def test_busy(test):
    _, _, connection = test.running(SLEEP)
    connection.run(8)
    connection.expect("REFUSED", token=8, reason="busy")
    connection.ping(7)


def test_command_not_found(test):
    listener = test.listen()
    gate = test.gate("no-such-command", env={**os.environ, "PATH": "/usr/bin:/bin"})
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("REFUSED", token=7, reason="exec")
    connection.expect_end()
    assert gate.status() == 127
    assert 'gate: cannot execute "no-such-command": No such file or directory\n' in gate.log()


def test_command_not_executable(test):
    listener = test.listen()
    gate = test.gate("/etc/passwd")
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("REFUSED", token=7, reason="exec")
    connection.expect_end()
    assert gate.status() == 126
    assert 'gate: cannot execute "/etc/passwd": Permission denied\n' in gate.log()


def test_main_reads_the_gates_stdin(test):
    listener = test.listen()
    read, write = os.pipe()
    os.write(write, b"hello\n")
    os.close(write)
    test.shell("cat > $D/up; exec sleep 1000", stdin=read)
    os.close(read)
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    assert test.wait_file("up") == "hello\n"
