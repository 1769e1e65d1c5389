"""The mutations, what is wrong with them, and the page that lists them."""

import pathlib
import re
import tomllib
from dataclasses import dataclass

PAGE = "docs/guarantees.md"
BEGIN = "<!-- guards: written by scripts/mutate --write -->"
END = "<!-- end of guards -->"

# Traps of etcd and its clients, counter-examples of the model, holes, ways to get stuck: docs/decisions/lock-protocol.md.
NAMES = [f"{letter}{number}" for letter, last in (("T", 20), ("C", 14), ("H", 14), ("L", 12)) for number in range(1, last + 1)]


class Wrong(Exception):
    """What is wrong, where, and what to do about it."""


@dataclass(frozen=True)
class Test:
    """One test method or function: lock:CoreTest#method, gate:state_test#function, gate:test_end#test_function."""

    module: str
    unit: str
    method: str

    @staticmethod
    def parse(text):
        match = re.fullmatch(r"(\w+):(\w+)#(\w+)", text)
        if not match:
            raise Wrong(f'test "{text}" is not of the form module:Class#method')
        return Test(*match.groups())

    def __str__(self):
        return f"{self.module}:{self.unit}#{self.method}"

    def source(self, root):
        """The file that has it."""
        folder = root / self.module / ("test" if self.module == "gate" else "src/test/java")
        found = [path for path in folder.rglob(f"{self.unit}.*") if path.suffix in (".java", ".c", ".py")]
        if len(found) != 1:
            raise Wrong(f"test {self}: {len(found)} files are named {self.unit} below {folder.relative_to(root)}, one is needed")
        return found[0]

    def names(self):
        """The names that it bears: c1H1The... bears C1 and H1, test_h5_t2_the... bears H5 and T2."""
        rest = self.method.removeprefix("test_")
        names = []
        while match := re.match(r"_?([tchlTCHL]\d+)(?=[A-Z_]|$)", rest):
            names.append(match[1].upper())
            rest = rest[match.end() :]
        return names


@dataclass(frozen=True)
class Mutation:
    guard: str
    names: tuple
    file: str
    search: str
    replace: str
    tests: tuple

    def applied(self, root):
        """The file's text without the guard."""
        path = root / self.file
        if not path.is_file():
            raise Wrong(f'"{self.guard}": there is no file {self.file}; name the one that has the guard now')
        text = path.read_text()
        count = text.count(self.search)
        if count != 1:
            raise Wrong(f'"{self.guard}": its search text occurs {count} times in {self.file} instead of once; bring it up to date')
        return text.replace(self.search, self.replace)


def load(root):
    mutations = []
    for path in sorted((root / "scripts/mutations").glob("*.toml")):
        try:
            entries = tomllib.loads(path.read_text())["mutation"]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise Wrong(f"{path.name} cannot be read ({error}); see the README beside it") from error
        for entry in entries:
            unknown = set(entry) ^ {"guard", "names", "file", "search", "replace", "tests"}
            if unknown:
                raise Wrong(f'{path.name}, "{entry.get("guard")}": missing or unknown: {", ".join(sorted(unknown))}')
            mutations.append(
                Mutation(
                    entry["guard"],
                    tuple(entry["names"].split()),
                    entry["file"],
                    entry["search"].removesuffix("\n"),
                    entry["replace"].removesuffix("\n"),
                    tuple(Test.parse(test) for test in entry["tests"]),
                )
            )
    return mutations


def problems(root, mutations):
    """All that is wrong, a sentence each."""
    found = []

    def attempt(action, *arguments):
        try:
            action(*arguments)
        except Wrong as wrong:
            found.append(str(wrong))

    for mutation in mutations:
        attempt(mutation.applied, root)
        borne = {name for test in mutation.tests for name in test.names()}
        for name in mutation.names:
            if name not in NAMES:
                found.append(f'"{mutation.guard}": {name} is not the name of a trap, counter-example or hole')
            elif name not in borne:
                found.append(f'"{mutation.guard}": none of its tests bears {name} in its name')
        if not mutation.tests:
            found.append(f'"{mutation.guard}" names no test')
        for test in mutation.tests:
            attempt(exists, root, test)
    guards = [mutation.guard for mutation in mutations]
    found += [f'"{guard}" stands for two mutations' for guard in sorted(set(guards)) if guards.count(guard) > 1]
    page = (root / PAGE).read_text()
    told = set(re.findall(r"^\| ([TCHL]\d+)(?=[ ,|])", page, re.M)) | set(
        name for line in re.findall(r"^\| ((?:[TCHL]\d+, )+[TCHL]\d+) \|", page, re.M) for name in line.split(", ")
    )
    shown = {name for mutation in mutations for name in mutation.names}
    for name in NAMES:
        if name not in shown and name not in told:
            found.append(f"{name} has neither a mutation nor a line in {PAGE} that says why it cannot arise")
    if BEGIN not in page or END not in page:
        found.append(f"{PAGE} has lost the lines {BEGIN} and {END}")
    elif between(page) != table(mutations):
        found.append(f"the table of guards in {PAGE} is not the current one; run scripts/mutate --write")
    return found


def exists(root, test):
    pattern = {".java": r"\bvoid %s\(", ".c": r"^static void %s\(void\)", ".py": r"^def %s\("}
    path = test.source(root)
    if not re.search(pattern[path.suffix] % test.method, path.read_text(), re.M):
        raise Wrong(f"test {test} is not in {path.relative_to(root)}")


def table(mutations):
    rows = ["| guard that is taken out | names | test that fails |", "|---|---|---|"]
    for mutation in mutations:
        tests = ", ".join(f"{test.module} `{test.unit}.{test.method}`" for test in mutation.tests)
        rows.append(f"| {mutation.guard} | {' '.join(mutation.names)} | {tests} |")
    return "\n".join(rows) + "\n"


def between(page):
    return page[page.index(BEGIN) + len(BEGIN) : page.index(END)].strip("\n") + "\n"


def write(root: pathlib.Path, mutations):
    path = root / PAGE
    page = path.read_text()
    before, after = page[: page.index(BEGIN) + len(BEGIN)], page[page.index(END) :]
    path.write_text(f"{before}\n{table(mutations)}{after}")
