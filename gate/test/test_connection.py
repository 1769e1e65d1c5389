"""Sidecars that come and go, freeze, lie, flood: the gate obeys the newest, loses nothing, and keeps its times."""

import os
import select
import signal
import socket
import subprocess
import threading

from harness import GENTLE, SLEEP, STUBBORN, CannotTest, boot_ns, freeze, thaw, wait_for


def test_l12_reconnect_says_running_again(test):
    _, listener, connection = test.running(SLEEP)
    instance = None
    for _ in range(3):
        connection.close()
        connection = listener.accept()
        hello = connection.expect("HELLO", state="running", token=7)
        assert instance in (None, hello["instance"])
        instance = hello["instance"]
    connection.hello()
    connection.ping(7)
    connection.stop(7)
    connection.expect("STOPPING")
    connection.expect("ENDED")


def test_gate_waits_for_a_socket_that_is_not_there_yet(test):
    test.path = test.file("later/gate.sock")
    gate = test.shell(SLEEP)
    wait_for("the gate waits", lambda: "waiting for the lock" in gate.log())
    os.mkdir(test.file("later"))
    test.listen().obeyed(state="waiting").ping(0)


def test_ended_that_was_not_read_is_said_again(test):
    gate, listener, connection = test.running(GENTLE)
    connection.stop(7)
    wait_for("main's end", lambda: gate.others() == [] and gate.comm() == "gate:standby")
    connection.close()  # unread
    connection = listener.accept()
    hello = connection.expect("HELLO")
    if hello["state"] == "stopping":  # the end was not even written yet
        connection.expect("ENDED", token=7, status="exit:0", why="stop", next="wait")
        return
    assert hello["state"] == "waiting" and hello["token"] == "0"
    connection.expect("ENDED", token=7, status="exit:0", why="stop", next="wait")


def test_ended_that_was_read_is_not_said_for_ever(test):
    _, listener, connection = test.running(GENTLE)
    connection.stop(7)
    connection.expect("STOPPING")
    connection.expect("ENDED", token=7)
    connection.ping(0)  # said after ENDED was read
    connection.close()
    listener.obeyed(state="waiting").ping(0)


def test_stop_of_what_has_ended_says_it_again(test):
    _, _, connection = test.running(GENTLE, term=0.3)
    connection.expect("STOPPING", why="deadline")
    connection.expect("ENDED", token=7, status="exit:0", why="deadline")
    connection.stop(7)
    connection.expect("ENDED", token=7, status="exit:0", why="deadline", next="wait")


def test_c4_h3_newer_sidecar_takes_over_and_older_lines_stay_unread(test):
    listener = test.listen()
    gate = test.shell(SLEEP)
    old = listener.obeyed(1)
    old.ping(0)
    new = test.listen().accept()  # a new file: the old connection is still open
    new.expect("HELLO", state="waiting", token=0)
    freeze(gate.pid)
    old.run(7)
    new.hello(2)
    thaw(gate.pid)
    new.ping(0)
    old.expect_end()
    assert gate.others() == [] and test.content("up") == ""
    new.run(7)
    new.expect("STARTED", token=7)


def test_newer_sidecar_hears_what_the_older_one_causes(test):
    listener = test.listen()
    test.shell(GENTLE)
    old = listener.obeyed(1)
    new = test.listen().accept()
    new.expect("HELLO", state="waiting", token=0)
    old.run(7)
    old.expect("STARTED", token=7)
    new.expect("STARTED", token=7)
    test.wait_file("up")
    old.stop(7)
    for connection in (old, new):
        connection.expect("STOPPING", token=7, why="stop")
        connection.expect("ENDED", token=7, status="exit:0")
    new.hello(2)
    new.ping(0)
    old.expect_end()


def test_h3_h11_lower_number_is_closed_and_higher_stays(test):
    listener = test.listen()
    test.shell(SLEEP)
    high = listener.obeyed(5)
    high.ping(0)
    second = test.listen()
    second.obeyed(4).expect_end()
    high.ping(0)
    equal = second.obeyed(5)
    equal.ping(0)
    high.expect_end()


def test_h3_h11_number_counts_for_the_gates_lifetime(test):
    listener = test.listen()
    test.shell(SLEEP)
    connection = listener.obeyed(5)
    connection.ping(0)
    connection.close()
    listener.obeyed(4).expect_end()
    listener.obeyed(5).ping(0)


def test_other_version_is_closed(test):
    listener = test.listen()
    test.shell(SLEEP)
    connection = listener.accept()
    connection.expect("HELLO", v=1)
    connection.send("HELLO v=2 sidecar=9 lock=payments/billing")
    connection.expect_end()
    listener.obeyed(1).ping(0)


def test_nothing_is_obeyed_before_hello(test):
    listener = test.listen()
    gate = test.shell(SLEEP)
    connection = listener.accept()
    connection.expect("HELLO")
    connection.run(7)
    connection.expect("ERROR", text="HELLO comes first")
    connection.hello()
    connection.ping(0)
    assert gate.others() == []


def test_frozen_sidecar_is_left_for_a_new_one_without_inotify(test):
    """Where the node has no inotify instance left, the slow look finds the new socket."""
    script = "echo 0 > /proc/sys/user/max_inotify_instances && exec unshare --pid --fork --kill-child --mount-proc \"$@\""
    listener = test.listen()
    process = test.start("unshare", "--user", "--map-root-user", "--kill-child", "sh", "-c", script, "sh",
                         os.environ["GATE"], "run", f"--socket={test.path}", "--", "sleep", "1000", stderr=subprocess.DEVNULL)
    wait_for("a connection", lambda: select.select([listener.sock], [], [], 0)[0] or process.poll() is not None)
    if process.poll() is not None:
        raise CannotTest("needs user namespaces")
    listener.obeyed(1).ping(0)
    quiet = boot_ns()
    wait_for("the gate to settle", lambda: boot_ns() - quiet > 5e8)
    test.listen().obeyed(2).ping(0)


def test_garbage_is_answered_and_ignored(test):
    _, _, connection = test.running(SLEEP)
    for line, text in [("", "unknown verb"), ("RUN", "RUN needs the numbers token > 0, slot, and term_ns <= kill_ns"),
                       ("EXPLODE token=7", "unknown verb"), ("STOP token=7", "STOP needs the numbers token > 0 and grace_ms"),
                       ("STOP token=7 token=8 grace_ms=0", "a key is there twice"), ("STOP 7", "a field is not key=value"),
                       ("STOP token=7\x00grace_ms=0", "a line has a byte that is not ASCII text"),
                       ("STOP token=7 grace_ms=0\r", "a line has a byte that is not ASCII text"),
                       ("\xff\xfe\x80", "a line has a byte that is not ASCII text"),
                       ("STOP token=7 grace_ms=0 pad=" + "x" * 484, "a line is longer than 512 bytes"),
                       ("x" * 100000, "a line is longer than 512 bytes")]:
        connection.send(line)
        connection.expect("ERROR", text=text)
        connection.ping(7)
    connection.send("PING pad=" + "x" * 502)  # 511 bytes and the end of the line
    connection.expect("BEAT", token=7)


def test_lines_may_come_in_any_pieces(test):
    listener = test.listen()
    test.shell(SLEEP)
    connection = listener.accept()
    connection.expect("HELLO")
    now = boot_ns()
    text = f"HELLO v=1 sidecar=1 lock=a/b\nRUN token=7 slot=0 term_ns={now + 10**11} kill_ns={now + 10**11}\nPI"
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    for byte in text.encode("ascii"):
        connection.sock.sendall(bytes([byte]))
    connection.expect("STARTED", token=7)
    connection.sock.sendall(b"NG\nPING\nPING\n")
    for _ in range(3):
        connection.expect("BEAT", token=7)


def test_half_a_line_at_the_end_is_dropped(test):
    _, listener, connection = test.running(SLEEP)
    connection.sock.sendall(b"STOP token=7 grace_ms=0")
    connection.close()
    connection = listener.obeyed(state="running", token=7)
    connection.send("")
    connection.expect("ERROR")
    connection.ping(7)


def flood(connection, chunk, total, answers):
    """Sends total bytes of it, reading answers or not, until done or closed by the gate. Returns what was sent."""
    sent = 0
    sock = connection.sock
    sock.setblocking(False)
    try:
        while sent < total:
            readable, writable, _ = select.select([sock] if answers else [], [sock], [], 30)
            if readable:
                data = sock.recv(1 << 20)
                if not data:
                    break
            if writable:
                sent += sock.send(chunk)
    except (BrokenPipeError, ConnectionResetError):
        pass
    sock.settimeout(30)
    return sent


MB = 1 << 20


def test_flood_of_32_mb_without_line_ends(test):
    _, _, connection = test.running(SLEEP)
    assert flood(connection, b"x" * 65536, 32 * MB, answers=False) >= 32 * MB
    connection.send("")
    connection.expect("ERROR", text="a line is longer than 512 bytes")
    connection.ping(7)


def test_flood_of_32_mb_of_lines_whose_answers_are_read(test):
    gate, _, connection = test.running(SLEEP)
    assert flood(connection, (b"garbage " + b"y" * 248 + b"\n") * 255, 32 * MB, answers=True) >= 32 * MB
    connection.send("STOP token=7 grace_ms=0")
    while connection.line().verb != "ENDED":
        pass
    assert gate.others() == []


def test_flood_whose_answers_are_not_read_is_cut_off(test):
    _, listener, connection = test.running(SLEEP)
    assert flood(connection, b"PING\n" * 10000, 32 * MB, answers=False) < 32 * MB
    connection.close()
    connection = listener.obeyed(state="running", token=7)
    connection.ping(7)


def test_deadline_is_kept_under_a_flood(test):
    gate, listener, connection = test.running(STUBBORN, term=0.5, kill=0.8)
    stop = threading.Event()

    def pour():
        current = connection
        while not stop.is_set():
            flood(current, b"TIMES token=9 term_ns=1 kill_ns=2\n" * 2000, 4 * MB, answers=False)
            current.close()
            current = listener.accept()
            current.send("HELLO v=1 sidecar=1 lock=a/b")

    pouring = threading.Thread(target=pour, daemon=True)
    pouring.start()
    try:
        wait_for("the end of main", lambda: gate.others() == [])
    finally:
        stop.set()
        pouring.join(30)
    assert not pouring.is_alive()


def test_flood_of_connections(test):
    """A listener that closes at once: the gate comes back, at its own pace, and keeps main."""
    gate, listener, connection = test.running(SLEEP)
    connection.close()
    for _ in range(10):
        listener.accept().close()
    listener.obeyed(state="running", token=7).ping(7)
    assert len(gate.others()) == 1


def test_log_that_nobody_reads_does_not_hold_up_the_deadline(test):
    """stderr is a full pipe: the dead-man's switch goes on."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(write, True)
    listener = test.listen()
    gate = test.shell(STUBBORN, stderr=write, stdout=subprocess.DEVNULL)
    os.close(write)
    connection = listener.obeyed()
    connection.run(7, term=0.3, kill=0.5)
    connection.expect("STARTED")
    connection.expect("STOPPING", why="deadline")
    connection.expect("ENDED", status="signal:9", why="deadline")
    assert gate.others() == []
    os.close(read)
    connection.run(8)
    connection.expect("STARTED", token=8)  # a log that is gone altogether is no reason to die either


def test_stopped_sidecar_process(test):
    """A sidecar stopped in the middle (SIGSTOP), its socket full of silence."""
    program = ("import socket, sys, time\n"
               "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(5)\n"
               "c, _ = s.accept()\n"
               "now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)\n"
               "c.sendall(b'HELLO v=1 sidecar=1 lock=a/b\\nRUN token=7 slot=0 term_ns=%d kill_ns=%d\\n'\n"
               "          % (now + 10**9, now + 12 * 10**8))\n"
               "time.sleep(1000)\n")
    sidecar = test.start("python3", "-c", program, test.path)
    gate = test.shell(STUBBORN)
    test.wait_file("up")
    sidecar.send_signal(signal.SIGSTOP)
    wait_for("the end of main", lambda: gate.others() == [])
    os.unlink(test.path)
    connection = test.listen().accept()
    connection.expect("HELLO", state="waiting", token=0)
    connection.expect("ENDED", token=7, status="signal:9", why="deadline", next="wait")


def test_clock_of_every_line_is_the_machines(test):
    _, _, connection = test.running(SLEEP)
    before = boot_ns()
    beat = connection.ping(7)
    assert before <= int(beat["boot_ns"]) <= boot_ns()
