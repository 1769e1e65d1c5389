"""The wall clock jumps ahead of CLOCK_BOOTTIME, as after a pause by the hypervisor."""

import os
import signal
import subprocess

from harness import GENTLE, IS_STATIC, STUBBORN, CannotTest

SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock_shim.c")


def set_ahead(test, seconds):
    with open(test.file("ahead.new"), "w", encoding="ascii") as file:
        file.write(str(seconds))
    os.rename(test.file("ahead.new"), test.file("ahead"))


def with_shim(test):
    """The environment in which the gate believes the wall clock of the test."""
    if IS_STATIC:
        raise CannotTest("needs a dynamically linked gate: done with the sanitized one")
    shim = test.file("shim.so")
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", shim, SHIM], check=True)
    options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    set_ahead(test, 0)
    return {**os.environ, "LD_PRELOAD": shim, "CLOCK_AHEAD_FILE": test.file("ahead"), "ASAN_OPTIONS": options}


def wake(gate):
    """Any event lets the gate look; a real step of the clock is one by itself."""
    gate.signal(signal.SIGWINCH)


def test_h9_jump_ahead_stops_main(test):
    gate, _, connection = test.running(GENTLE, env=with_shim(test))
    set_ahead(test, 30)
    wake(gate)
    connection.expect("STOPPING", token=7, why="deadline")
    connection.expect("ENDED", token=7, status="exit:0", why="deadline", next="wait", late_ms=0)
    connection.run(8)
    connection.expect("REFUSED", token=8, reason="late")


def test_jump_beyond_the_kill_time_kills(test):
    gate, _, connection = test.running(STUBBORN, env=with_shim(test))
    set_ahead(test, 3600)
    wake(gate)
    connection.expect("STOPPING", token=7, why="deadline")
    connection.expect("ENDED", token=7, status="signal:9", why="deadline", next="wait", late_ms=0)


def test_step_of_a_second_and_steps_back_do_nothing(test):
    _, _, connection = test.running(GENTLE, env=with_shim(test))
    for ahead in (1, 2, -3600, -3599, -7200):
        set_ahead(test, ahead)
        connection.ping(7)
    assert test.content("asked") == ""
