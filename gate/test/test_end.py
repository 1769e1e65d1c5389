"""STOP, deadlines, main's own end, signals: everything ends, in time, and only then is it said."""

import os
import signal
import time

from harness import GENTLE, SLEEP, STUBBORN, CannotTest, LIBC, boot_ns, freeze, thaw, read_file, wait_for

FAMILY = """
trap '' TERM
(trap '' TERM; setsid sh -c 'trap "" TERM HUP; while :; do sleep 0.05; done' &) &
sh -c 'trap "" TERM; echo up > $0/up; while :; do sleep 0.05; done' $D &
while :; do sleep 0.05; done
"""


def write_file(path, content):
    with open(path, "w", encoding="ascii") as file:
        file.write(content)


def test_stop_without_main(test):
    listener = test.listen()
    test.shell(SLEEP)
    connection = listener.obeyed()
    connection.stop(7)
    connection.expect("ENDED", token=7, status="none", why="stop", next="wait", late_ms=0)
    connection.run(7)
    connection.expect("REFUSED", token=7, reason="stale")
    connection.run(5)
    connection.expect("REFUSED", token=5, reason="stale")
    connection.close()
    listener.accept().expect("HELLO", state="waiting", stopped=7)


def test_stop_lets_main_end_by_itself(test):
    gate, _, connection = test.running(GENTLE)
    connection.stop(7)
    connection.expect("STOPPING", token=7, why="stop")
    connection.expect("ENDED", token=7, status="exit:0", why="stop", next="wait", late_ms=0)
    assert test.content("asked") == "asked\n"
    assert gate.others() == []
    assert gate.comm() == "gate:standby"


def test_stop_kills_a_whole_family_that_ignores_it(test):
    gate, _, connection = test.running(FAMILY)
    assert len(gate.others()) >= 3
    connection.stop(7, grace=0.1)
    connection.expect("STOPPING", token=7, why="stop")
    connection.expect("ENDED", token=7, status="signal:9", why="stop", next="wait")
    assert gate.others() == []


def test_orphans_die_with_mains_first_process(test):
    gate, _, connection = test.running("setsid sh -c 'trap \"\" TERM HUP; echo up > $0/up; while :; do sleep 0.05; done' $D & "
                                       "while :; do [ -f $D/go ] && exit 5; sleep 0.05; done")
    open(test.file("go"), "w").close()
    connection.expect("STOPPING", token=7, why="exited")
    connection.expect("ENDED", token=7, status="exit:5", why="exited", next="exit", late_ms=0)
    connection.expect_end()
    assert gate.status() == 5


def test_stop_again_shortens_the_grace(test):
    _, _, connection = test.running(STUBBORN)
    connection.stop(7, grace=1000)
    connection.expect("STOPPING", why="stop")
    connection.stop(7, grace=0)
    connection.expect("ENDED", token=7, status="signal:9")


def test_kill_time_beats_the_grace(test):
    _, _, connection = test.running(STUBBORN, term=0.5, kill=0.6)
    connection.stop(7, grace=1000)
    connection.expect("STOPPING", token=7)
    connection.expect("ENDED", token=7, status="signal:9")


def test_stop_of_a_higher_token_answers_both(test):
    _, _, connection = test.running(GENTLE)
    connection.stop(9)
    connection.expect("STOPPING", token=7)
    connection.expect("ENDED", token=7, status="exit:0", why="stop")
    connection.expect("ENDED", token=9, status="none", why="stop")
    connection.run(8)
    connection.expect("REFUSED", token=8, reason="stale")


def test_stop_of_a_lower_token_leaves_main_alone(test):
    _, _, connection = test.running(GENTLE)
    connection.stop(6, grace=0)
    connection.expect("ENDED", token=6, status="none")
    connection.ping(7)
    assert test.content("asked") == ""


def test_run_while_stopping_is_not_refused(test):
    _, _, connection = test.running(STUBBORN)
    connection.stop(7, grace=1000)
    connection.expect("STOPPING", token=7, why="stop")
    connection.run(7)
    connection.expect("STOPPING", token=7, why="stop")
    connection.run(8)
    connection.expect("REFUSED", token=8, reason="busy")
    connection.stop(7, grace=0)
    connection.expect("ENDED", token=7)


def test_c1_h1_deadline_with_a_silent_sidecar(test):
    gate, _, connection = test.running(FAMILY, term=0.6, kill=0.9)
    connection.expect("STOPPING", token=7, why="deadline")
    connection.expect("ENDED", token=7, status="signal:9", why="deadline", next="wait")
    assert gate.others() == []


def test_deadline_asks_first(test):
    _, _, connection = test.running(GENTLE, term=0.3, kill=60)
    connection.expect("STOPPING", token=7, why="deadline")
    connection.expect("ENDED", token=7, status="exit:0", why="deadline", next="wait", late_ms=0)
    assert test.content("asked") == "asked\n"


def test_h1_deadline_without_sidecar_and_socket(test):
    gate, listener, _ = test.running(FAMILY, term=0.6, kill=0.9)
    listener.close()
    wait_for("the end of all", lambda: gate.others() == [])
    connection = test.listen().accept()
    connection.expect("HELLO", state="waiting", token=0)
    connection.expect("ENDED", token=7, status="signal:9", why="deadline", next="wait")
    connection.hello(2)
    connection.run(8)
    connection.expect("STARTED", token=8)


def test_times_put_the_deadline_off_and_never_back(test):
    _, _, connection = test.running(SLEEP, term=2, kill=3)
    begin = boot_ns()
    connection.times(7, term=600, kill=700)
    connection.expect("BEAT", token=7)
    connection.times(7, term=0.01, kill=0.02)
    connection.expect("BEAT", token=7)
    connection.times(8, term=0.01, kill=0.02)
    connection.expect("BEAT", token=7)
    wait_for("the old times to pass", lambda: boot_ns() - begin > 3.2e9)
    connection.ping(7)


def test_h14_frozen_gate_tells_how_late_it_was(test):
    gate, _, connection = test.running(STUBBORN, term=2, kill=2.1)
    begin = boot_ns()
    freeze(gate.pid)
    wait_for("the times to pass", lambda: boot_ns() - begin > 2.5e9)
    thaw(gate.pid)
    connection.expect("STOPPING", token=7, why="deadline")
    ended = connection.expect("ENDED", token=7, status="signal:9", why="deadline")
    assert int(ended["late_ms"]) >= 100


def test_h14_frozen_gate_goes_by_the_newest_of_the_renewals_it_has_not_read(test):
    """As many as a sidecar sends to a gate that reads nothing, each as long as can be."""
    token = 2**63 - 1
    gate, _, connection = test.running(STUBBORN, token=token, term=1, kill=1.1)
    begin = boot_ns()
    freeze(gate.pid)
    for _ in range(39):
        connection.send(f"TIMES token={token} term_ns={begin + 10**9:019} kill_ns={begin + 10**9:019}")
    connection.send(f"TIMES token={token} term_ns={2**63 - 2} kill_ns={2**63 - 1}")
    wait_for("the times to pass", lambda: boot_ns() - begin > 1.5e9)
    thaw(gate.pid)
    for _ in range(40):
        connection.expect("BEAT", token=token)
    connection.ping(token)


def test_on_loss_restart(test):
    gate, _, connection = test.running(GENTLE, options=["--on-loss=restart"])
    connection.stop(7)
    connection.expect("STOPPING", why="stop")
    connection.expect("ENDED", token=7, status="exit:0", why="stop", next="exit")
    connection.expect_end()
    assert gate.status() == 88


def test_on_loss_restart_at_the_deadline(test):
    gate, _, connection = test.running(GENTLE, term=0.3, kill=60, options=["--on-loss=restart"])
    connection.expect("STOPPING", why="deadline")
    connection.expect("ENDED", token=7, status="exit:0", why="deadline", next="exit")
    assert gate.status() == 88


def test_status_of_main_is_the_gates(test):
    for script, told, status in [("exit 0", "exit:0", 0), ("exit 3", "exit:3", 3), ("exit 255", "exit:255", 255),
                                 ("kill -TERM $$", "signal:15", 143), ("kill -ABRT $$", "signal:6", 134)]:
        listener = test.listen()
        gate = test.shell(script)
        connection = listener.obeyed()
        connection.run(7)
        connection.expect("STARTED", token=7)
        connection.expect("STOPPING", token=7, why="exited")
        connection.expect("ENDED", token=7, status=told, why="exited", next="exit", late_ms=0)
        connection.expect_end()
        assert gate.status() == status, script


def test_kill_from_elsewhere_is_named(test):
    gate, _, connection = test.running(SLEEP)
    os.kill(gate.others()[0], signal.SIGKILL)
    connection.expect("STOPPING", token=7, why="exited")
    connection.expect("ENDED", token=7, status="signal:9", why="killed", next="exit")
    assert gate.status() == 137


def test_orphans_are_reaped(test):
    gate, _, connection = test.running("for i in 1 2 3 4 5; do (true &) ; done; sleep 0.1; echo up > $D/up; exec sleep 1000")

    def zombies():
        children = read_file(f"/proc/{gate.pid}/task/{gate.pid}/children").split()
        return [pid for pid in children if read_file(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1] == ["Z"]]

    wait_for("no zombie", lambda: not zombies())
    connection.ping(7)


def test_h5_processes_from_outside_are_killed_before_ended(test):
    gate, _, connection = test.running(GENTLE)
    entered = gate.enter("sh", "-c", "trap '' TERM; echo in; while :; do sleep 0.05; done", stdout=-1)
    test.processes.append(entered)
    assert entered.stdout.readline() == b"in\n"
    connection.stop(7)
    connection.expect("STOPPING")
    connection.expect("ENDED", token=7, status="exit:0")
    assert gate.others() == []
    assert entered.wait(30) == 128 + 9 or entered.returncode == -9
    entered.stdout.close()


def test_h5_process_that_cannot_die_holds_ended_back(test):
    """A frozen cgroup keeps a killed process alive, as a stuck disk does."""
    freezer = f"/sys/fs/cgroup/freezer/gate-test-{os.getpid()}"
    try:
        os.mkdir(freezer)
    except OSError:
        raise CannotTest("needs root and a cgroup v1 freezer") from None
    try:
        gate, _, connection = test.running(GENTLE)
        entered = gate.enter("sh", "-c", "echo in; exec sleep 1000", stdout=-1)
        test.processes.append(entered)
        with entered.stdout:
            assert entered.stdout.readline() == b"in\n"
        (stuck,) = [pid for pid in gate.others() if "1000" in read_file(f"/proc/{pid}/cmdline")]
        write_file(f"{freezer}/cgroup.procs", str(stuck))
        write_file(f"{freezer}/freezer.state", "FROZEN")
        wait_for("frozen", lambda: read_file(f"{freezer}/freezer.state") == "FROZEN\n")
        connection.stop(7)
        connection.expect("STOPPING", token=7)
        wait_for("only the stuck one left", lambda: gate.others() == [stuck])
        for _ in range(20):
            connection.ping(7)  # BEAT, not ENDED
            time.sleep(0.01)
        late = gate.enter("sleep", "1000")  # enters when the first SIGKILL to all is long over
        test.processes.append(late)
        assert late.wait(30) in (-9, 128 + 9)
        wait_for("a word in the log", lambda: "a process does not end although it was killed" in gate.log())
        write_file(f"{freezer}/freezer.state", "THAWED")
        connection.expect("ENDED", token=7, status="exit:0", why="stop")
    finally:
        write_file(f"{freezer}/freezer.state", "THAWED")
        wait_for("an empty cgroup", lambda: not read_file(f"{freezer}/cgroup.procs"))
        os.rmdir(freezer)


def test_zombies_of_others_do_not_count(test):
    """A zombie whose parent is outside cannot be reaped by the gate; it must not hold ENDED back."""
    gate, _, connection = test.running(GENTLE)
    ready_read, ready_write = os.pipe()
    helper = os.fork()
    if helper == 0:
        for kind in ("user", "pid"):
            namespace = os.open(f"/proc/{gate.pid}/ns/{kind}", os.O_RDONLY)
            if LIBC.setns(namespace, 0) != 0 and kind == "pid":
                os._exit(1)
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie
        os.write(ready_write, b"z")
        signal.pause()
    os.close(ready_write)
    try:
        assert os.read(ready_read, 1) == b"z", "could not enter the namespace"
        connection.stop(7)
        connection.expect("STOPPING")
        connection.expect("ENDED", token=7, status="exit:0")
    finally:
        os.kill(helper, signal.SIGKILL)
        os.waitpid(helper, 0)
        os.close(ready_read)


def test_first_thread_gone_others_at_work(test):
    """Main's first thread ends while another works on: /proc shows a zombie that is none."""
    program = ("import ctypes, threading, time, signal\n"
               "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
               f"def work():\n  open('{test.folder}/up', 'w').write('up\\n')\n  time.sleep(1000)\n"
               "threading.Thread(target=work).start()\n"
               "ctypes.CDLL(None).pthread_exit(None)\n")
    listener = test.listen()
    gate = test.gate("python3", "-c", program)
    connection = listener.obeyed()
    connection.run(7)
    connection.expect("STARTED")
    test.wait_file("up")
    wait_for("a zombie leader", lambda: any(
        "Z" in read_file(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1]
        for pid in read_file(f"/proc/{gate.pid}/task/{gate.pid}/children").split()))
    connection.ping(7)
    connection.stop(7, grace=0)
    connection.expect("STOPPING")
    connection.expect("ENDED", token=7, status="signal:9")


def test_signals_are_passed_on(test):
    gate, _, connection = test.running(
        "for s in HUP USR1 USR2 QUIT WINCH CONT; do trap \"echo $s >> $D/got\" $s; done; "
        "echo up > $D/up; while :; do sleep 0.05; done")
    for name in ("HUP", "USR1", "USR2", "QUIT", "WINCH", "CONT"):
        gate.signal(getattr(signal, "SIG" + name))
        wait_for(name, lambda name=name: name in test.content("got").split())
    connection.ping(7)


def test_term_ends_main_and_then_the_gate(test):
    gate, _, connection = test.running(GENTLE)
    gate.signal(signal.SIGTERM)
    connection.expect("STOPPING", token=7, why="term")
    connection.expect("ENDED", token=7, status="exit:0", why="term", next="exit", late_ms=0)
    connection.expect_end()
    assert gate.status() == 0


def test_int_is_passed_on_as_int(test):
    gate, _, connection = test.running("trap 'exit 9' INT; echo up > $D/up; while :; do sleep 0.05; done")
    gate.signal(signal.SIGINT)
    connection.expect("STOPPING", token=7, why="term")
    connection.expect("ENDED", token=7, status="exit:9", why="term", next="exit")
    assert gate.status() == 9


def test_own_stop_signal(test):
    gate, _, connection = test.running("trap 'exit 9' USR1; echo up > $D/up; while :; do sleep 0.05; done",
                                       options=["--stop-signal=SIGUSR1"])
    connection.stop(7)
    connection.expect("STOPPING", why="stop")
    connection.expect("ENDED", status="exit:9", next="wait")
    gate.signal(signal.SIGUSR1)
    connection.expect("ENDED", next="exit")
    assert gate.status() == 128 + signal.SIGUSR1


def test_term_while_waiting(test):
    listener = test.listen()
    gate = test.shell(SLEEP)
    connection = listener.obeyed()
    connection.ping(0)
    gate.signal(signal.SIGTERM)
    connection.expect("ENDED", token=0, status="none", why="term", next="exit")
    connection.expect_end()
    assert gate.status() == 143


def test_term_while_waiting_without_sidecar(test):
    gate = test.shell(SLEEP)
    wait_for("the gate waits", lambda: "waiting for the lock" in gate.log())
    gate.signal(signal.SIGTERM)
    assert gate.status() == 143


def test_h4_everything_is_killed_before_the_grace_ends(test):
    gate, _, connection = test.running(FAMILY, options=["--termination-grace-seconds=1"])
    gate.signal(signal.SIGTERM)
    connection.expect("STOPPING", token=7, why="term")
    connection.expect("ENDED", token=7, status="signal:9", why="term", next="exit")
    connection.expect_end()
    assert gate.status() == 137


def test_no_grace_kills_at_once(test):
    gate, _, connection = test.running(STUBBORN, options=["--termination-grace-seconds=0"])
    gate.signal(signal.SIGTERM)
    connection.expect("STOPPING", token=7, why="term")
    connection.expect("ENDED", token=7, status="signal:9")
    assert gate.status() == 137


def test_no_stop_grace_kills_at_once_and_leaves_time_to_report(test):
    gate, _, connection = test.running(STUBBORN, options=["--termination-grace-seconds=600", "--stop-grace-seconds=0"])
    gate.signal(signal.SIGTERM)
    connection.expect("STOPPING", token=7, why="term")
    connection.expect("ENDED", token=7, status="signal:9", late_ms=0)
    assert gate.status() == 137


def test_term_during_stop_makes_it_the_last(test):
    gate, _, connection = test.running(STUBBORN)
    connection.stop(7, grace=1000)
    connection.expect("STOPPING", token=7, why="stop")
    gate.signal(signal.SIGTERM)
    connection.expect("STOPPING", token=7, why="term")
    connection.run(8)
    connection.expect("REFUSED", token=8, reason="stopping")
    connection.stop(7, grace=0)
    connection.expect("ENDED", token=7, why="stop", next="exit")
    assert gate.status() == 137


def test_leaving_gate_refuses_and_waits_to_be_read(test):
    gate, _, connection = test.running("echo up > $D/up; while [ ! -f $D/go ]; do sleep 0.05; done; exit 4")
    open(test.file("go"), "w").close()
    wait_for("main's end", lambda: gate.others() == [])
    connection.run(8)
    connection.stop(7)
    connection.expect("STOPPING", token=7, why="exited")
    connection.expect("ENDED", token=7, status="exit:4", next="exit")
    connection.expect("REFUSED", token=8, reason="stopping")
    connection.expect("ENDED", token=7, status="exit:4", next="exit")
    connection.expect_end()
    assert gate.status() == 4


def test_leaving_gate_waits_for_a_sidecar_that_comes_back(test):
    gate, listener, connection = test.running("echo up > $D/up; while [ ! -f $D/go ]; do sleep 0.05; done; exit 4")
    listener.close()
    open(test.file("go"), "w").close()
    wait_for("main's end", lambda: gate.others() == [])
    connection = test.listen().obeyed(2, state="stopping", token=0)
    connection.expect("ENDED", token=7, status="exit:4", why="exited", next="exit")
    assert gate.status() == 4


def test_leaving_gate_does_not_wait_for_ever(test):
    gate, listener, _ = test.running("echo up > $D/up; while [ ! -f $D/go ]; do sleep 0.05; done; exit 4")
    listener.close()
    open(test.file("go"), "w").close()
    assert gate.status() == 4


def test_run_on_its_way_when_term_comes_is_refused(test):
    listener = test.listen()
    gate = test.shell(SLEEP)
    connection = listener.obeyed()
    connection.ping(0)
    freeze(gate.pid)
    connection.run(7)
    gate.signal(signal.SIGTERM)
    thaw(gate.pid)
    connection.expect("ENDED", token=0, status="none", why="term", next="exit")
    connection.expect("REFUSED", token=7, reason="stopping")
    assert gate.status() == 143
    assert test.content("up") == ""
