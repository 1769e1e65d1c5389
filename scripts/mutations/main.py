"""What scripts/mutate does."""

import pathlib
import signal
import sys
import time

import catalogue
from catalogue import Wrong
from workshop import Workshop

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def main(arguments, usage):
    if set(arguments) & {"-h", "--help"}:
        print(usage)
        return 0
    options = [argument for argument in arguments if argument.startswith("-")]
    names = [argument for argument in arguments if not argument.startswith("-")]
    for option in options:
        if option not in ("--check", "--write"):
            return wrong_use(f"unknown option {option}; see scripts/mutate --help")
    for name in names:
        if name not in catalogue.NAMES:
            return wrong_use(f"{name} is not the name of a trap, counter-example or hole; T1 to T20, C1 to C14, H1 to H14, L1 to L12 are")
    if len(options) > 1 or (options and names):
        return wrong_use("give one of --check, --write, or names")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started ends, too
    try:
        mutations = catalogue.load(ROOT)
        if options == ["--check"]:
            return check(mutations)
        chosen = [mutation for mutation in mutations if not names or set(names) & set(mutation.names)]
        status = run(chosen)
        if status == 0 and options == ["--write"]:
            catalogue.write(ROOT, mutations)
            print(f"mutate: the table in {catalogue.PAGE} is written")
        return status
    except Wrong as wrong:
        print(f"mutate: {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def wrong_use(sentence):
    print(f"scripts/mutate: {sentence}", file=sys.stderr)
    return 2


def check(mutations):
    problems = catalogue.problems(ROOT, mutations)
    for problem in problems:
        print(f"mutate: {problem}", file=sys.stderr)
    if not problems:
        print(f"mutate: {len(mutations)} mutations apply, their tests exist, the table is current")
    return 1 if problems else 0


def run(mutations):
    begun = time.monotonic()
    workshop = Workshop(ROOT)
    tests = sorted({test for mutation in mutations for test in mutation.tests}, key=str)
    modules = {test.module for test in tests} | {mutation.file.split("/")[0] for mutation in mutations}
    workshop.open(modules | {"lock"})
    for module in sorted({test.module for test in tests}):
        for test, passed in workshop.passed(module, [test for test in tests if test.module == module], mutant=False).items():
            if not passed:
                raise Wrong(f"{test} fails without any mutation; mend that first")
    print(f"mutate: {len(tests)} tests pass on the unchanged tree, {time.monotonic() - begun:.0f} s", flush=True)
    bad = 0
    for mutation in mutations:
        started = time.monotonic()
        verdict = attempt(workshop, mutation)
        bad += verdict != "found"
        found = ", ".join(f"{test.unit}.{test.method}" for test in mutation.tests)
        print(f"{verdict:9} {time.monotonic() - started:4.1f} s  {mutation.guard} -> {found}", flush=True)
    print(f"mutate: {len(mutations) - bad} of {len(mutations)} guards are found missing by their tests, {time.monotonic() - begun:.0f} s")
    return 1 if bad else 0


def attempt(workshop, mutation):
    """One mutant: found, SURVIVED or ERROR."""
    try:
        workshop.make(mutation)
        survived = []
        for module in sorted({test.module for test in mutation.tests}):
            verdicts = workshop.passed(module, [test for test in mutation.tests if test.module == module])
            survived += [test for test, passed in verdicts.items() if passed]
    except Wrong as wrong:
        print(f'mutate: "{mutation.guard}": {wrong}', file=sys.stderr)
        return "ERROR"
    for test in survived:
        print(f'mutate: "{mutation.guard}" can be taken out and {test} still passes', file=sys.stderr)
    return "SURVIVED" if survived else "found"
