"""Runs test functions of the named modules against the gate in $GATE, a line each, and a count at the end.

usage: run.py [--only PART_OF_NAME] MODULE…"""

import importlib
import signal
import sys
import time
import traceback

import harness


def main(arguments):
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):  # nohup and background jobs ignore them; the gate heeds that
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    only = ""
    if arguments[:1] == ["--only"]:
        only = arguments[1]
        arguments = arguments[2:]
    passed = failed = skipped = 0
    for module in map(importlib.import_module, arguments):
        for name in [name for name in vars(module) if name.startswith("test_") and only in name]:
            test = harness.Test()
            began = time.monotonic()
            try:
                getattr(module, name)(test)
                passed += 1
                verdict = "ok  "
            except harness.CannotTest as reason:
                skipped += 1
                verdict = f"SKIP ({reason})"
            except Exception:
                failed += 1
                verdict = "FAIL"
                print("     " + traceback.format_exc().replace("\n", "\n     "))
                for gate in test.gates:
                    print("     log: " + gate.log().replace("\n", "\n     log: "))
            finally:
                test.end()
            print(f"{verdict} {module.__name__}.{name} ({time.monotonic() - began:.1f} s)", flush=True)
    if skipped:
        print(f"{skipped} skipped: they are not counted as passed")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
