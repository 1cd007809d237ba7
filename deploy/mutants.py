"""Change the code in small ways, one at a time, and check that a test fails: `make mutants`.

    deploy/mutants.py [--minutes N] [--part NAME] [--list | --again]

It works on a copy in .mutants and saves each result at once. You can stop it at any time: the next
run continues there. A file that has changed since starts again. `--list` shows the mutants that
survived, and `--again` tests them again. docs/reliability.md gives the reasons for those that may
survive.

pytest starts once for each part, and notes the lines and SQL statements that each test executes. A
mutant runs in a fork, in which the code of one function is replaced, with the tests that execute
the changed line, until one fails. If the change is outside of functions, pytest starts again in the
fork.
"""

import argparse
import gc
import importlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import _lru_cache_wrapper, partial
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from itertools import takewhile
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from mutations import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".mutants"
TREE, RESULTS, NEW = WORK / "tree", WORK / "results.json", WORK / "results.new"
PATIENCE = 120  # seconds for a test; a mutant that never ends counts as killed
BUSY = 20  # seconds of computing for a test
SLOW = 0.3  # seconds; slower tests come later
CHOSEN = "not browser and not slow and (thorough or not minutes)"
PYTEST = ["-qn0", "-pno:cacheprovider", "-m", CHOSEN]
TOOL = sys.monitoring.COVERAGE_ID
# The files that are changed, and the tests that must notice, the nearest tests first.
PARTS = {
    "lifecycle": (
        "callbacks/lifecycle/*.py",
        "tests/lifecycle tests/dispatch/test_claim.py tests/public/status tests/staff/requests"
        " tests/core/test_unreadable.py tests/staff/accounts/test_audit_trail.py"
        " tests/api/test_requests.py tests/visitor_mails/test_what_is_sent.py"
        " tests/team_mails/test_what_is_sent.py tests/webhooks/test_events.py",
    ),
    "dispatch": (
        "callbacks/dispatch/[!c]*.py callbacks/dispatch/claim*.py callbacks/dispatch/*.sql",
        "tests/dispatch tests/scheduling tests/core/test_unreadable.py"
        " tests/visitor_mails/test_what_is_sent.py tests/visitor_mails/test_uncertain.py",
    ),
    "circuit_breaker": (
        "callbacks/dispatch/c[ai]*_*.py",
        "tests/dispatch/test_circuit_breaker.py tests/dispatch tests/commands/test_stop_calls.py"
        " tests/notifications/test_staff_are_told.py tests/commands/test_hold_unfinished.py"
        " tests/staff/calling tests/public/form/test_sent_again.py",
    ),
    "scheduling": (
        "callbacks/scheduling/*.*",
        "tests/scheduling tests/dispatch tests/worker/test_housekeeping.py"
        " tests/public/status/test_calendar_file.py tests/public/status/test_later_calls.py",
    ),
    "limits": (
        "callbacks/abuse/[ln][ie][mx]*.*",  # limits and next_request
        "tests/abuse/test_limits.py tests/public/status/test_another_call.py"
        " tests/public/status/test_correcting_the_number.py tests/public/status/test_call_again.py"
        " tests/staff/common/test_look_ups.py"
        " tests/public/form/test_bots.py tests/abuse",
    ),
    "consent": ("callbacks/consent/*.py", "tests/consent tests/data_protection/test_erasure.py"),
    "intake": (
        "callbacks/intake/*.*",
        "tests/intake tests/abuse tests/public tests/api/test_creating.py tests/api/test_moving.py",
    ),
    "erasure": (
        "callbacks/data_protection/erasure.py callbacks/data_protection/rows_about.py",
        "tests/data_protection",
    ),
}


type Save = Callable[[str, bool], None]


def copy_project() -> None:
    """Copy the project's files to the folder in which they are changed."""
    command = ["/usr/bin/env", "git", "ls-files"]
    files = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
    shutil.rmtree(TREE, ignore_errors=True)
    for name in files:
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, TREE / name)


def fails(run: Callable[[], int]) -> bool:
    """Return True if `run` returns something else than 0, raises or hangs in a fork."""
    if child := os.fork():
        return os.waitpid(child, 0)[1] != 0
    status = 1
    try:
        status = run()
    finally:
        os._exit(status)


def start_pytest(tests: list[str], mutant: Mutant) -> int:
    """Load the mutant instead of its file, and run the tests; return 0 if they pass."""
    code, load = compile(mutant.tree, mutant.path, "exec"), SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> CodeType | None:
        return code if self.path == mutant.path else load(self, name)

    SourceFileLoader.get_code = get_code
    return pytest.main(["-x", *PYTEST, *tests], plugins=[Patience()])


def all_code(code: CodeType) -> Iterator[CodeType]:
    """Yield the code, and that of each function inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from all_code(constant)


def loaded(kinds: Any) -> Iterator[Any]:
    """Yield the objects of these types."""
    # Not isinstance(it, …), which makes Django's lazy objects compute what they stand for.
    return (it for it in gc.get_objects() if issubclass(type(it), kinds))


def in_time(some: list[tuple[str, Mutant]], end: float) -> Iterable[tuple[str, Mutant]]:
    """Yield the mutants until it is `end`."""
    return takewhile(lambda _: time.monotonic() < end, some)


def is_ours(function: Any) -> bool:
    """Return True if it is in a module of the project."""
    return function.__module__.startswith("callback")


class Patience:
    """A plugin of pytest: end the process if a test takes too long."""

    def pytest_runtest_logstart(self) -> None:
        signal.alarm(PATIENCE)
        signal.setitimer(signal.ITIMER_PROF, BUSY)

    def pytest_runtest_logfinish(self) -> None:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)


class Notes:
    """What each test executes: by its number, lines of `files`, and texts of SQL statements."""

    def __init__(self, files: set[str]) -> None:
        for path in sorted(files):  # also those that a test would load only when it needs them
            name = ".".join(Path(path).relative_to(TREE).with_suffix("").parts)
            importlib.import_module(name.removesuffix(".__init__"))
        gc.unfreeze()  # or the objects are not listed
        functions = [it for it in loaded(FunctionType) if it.__code__.co_filename in files]
        self.codes = {code for it in functions for code in all_code(it.__code__)}
        self.executed: dict[int, set[tuple[str, int] | str]] = {}
        self.seconds: dict[int, float] = {}
        self.now = set[tuple[str, int] | str]()  # of the test that runs
        self.query = importlib.import_module("callbacks.core.queries").Query
        self.caches = [it for it in loaded(_lru_cache_wrapper) if is_ours(it)]
        gc.freeze()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take notes inside this context."""
        monitoring, events = sys.monitoring, sys.monitoring.events
        monitoring.use_tool_id(TOOL, "mutants")

        def line(code: CodeType, number: int) -> object:
            self.now.add((code.co_filename, number))
            return monitoring.DISABLE  # once for each test

        def start(code: CodeType, _: int) -> object:
            return line(code, code.co_firstlineno)

        def get(query: Any, name: str) -> object:
            self.now.add(object.__getattribute__(query, "__dict__").get("text", ""))
            return object.__getattribute__(query, name)

        monitoring.register_callback(TOOL, events.LINE, line)
        monitoring.register_callback(TOOL, events.PY_START, start)
        for code in self.codes:  # not in all code, which would take much longer
            monitoring.set_local_events(TOOL, code, events.LINE | events.PY_START)
        self.query.__getattribute__ = get
        yield
        del self.query.__getattribute__
        monitoring.free_tool_id(TOOL)

    @contextmanager
    def of(self, test: int) -> Iterator[None]:
        """Take notes of this test."""
        self.now = self.executed[test] = set()
        for cache in self.caches:
            cache.cache_clear()  # or only the first test executes the function
        sys.monitoring.restart_events()
        start = time.monotonic()
        yield
        self.seconds[test] = time.monotonic() - start

    def tests(self, order: list[int], mutant: Mutant) -> list[int]:
        """Return the tests that execute what the mutant changes, in this order, the slow ones last.

        If none does, return those that call its function. If none asks an SQL statement, return
        all tests.
        """
        if not mutant.tree:
            places = [{self.query(mutant.before).text}]
        else:
            lines = {(mutant.path, line) for line in mutant.lines}
            places = [lines, {(mutant.path, mutant.function)}]
        for place in places:
            if found := [test for test in order if not place.isdisjoint(self.executed[test])]:
                return sorted(found, key=lambda test: int(self.seconds[test] / SLOW))
        return [] if mutant.tree else order


class Forks:
    """A plugin of pytest: run the tests that it found, and run them in a fork for each mutant."""

    def __init__(self, mutants: list[tuple[str, Mutant]], end: float, save: Save) -> None:
        self.mutants, self.end, self.save = mutants, end, save
        self.failed = multiprocessing.Value("i", 0)  # the number of the test that failed last

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        order = list(range(len(session.items)))
        notes = Notes({mutant.path for _, mutant in self.mutants if mutant.tree})
        with notes.taken():
            if self.run_tests(session, order, notes):
                sys.exit("A test fails without any change.")
        self.query = notes.query
        gc.unfreeze()
        # Only what is needed: a fork copies the memory of each object that it looks at.
        self.functions = defaultdict[str, list[FunctionType]](list)
        for it in loaded(FunctionType):
            self.functions[it.__code__.co_filename].append(it)
        self.caches = [it for it in loaded(_lru_cache_wrapper) if is_ours(it)]
        self.queries = list(loaded(self.query))
        gc.freeze()  # so that a fork shares the memory
        close_all = importlib.import_module("django.db").connections.close_all
        close_all()
        with tempfile.TemporaryDirectory() as kept:
            shutil.copytree(os.environ["TEST_FOLDER"], kept, dirs_exist_ok=True)
            for key, mutant in in_time(self.mutants, self.end):
                mine = notes.tests(order, mutant)
                close_all()
                self.save(key, fails(partial(self.run_with, session, mine, mutant)))
                # What a process that was ended has left in the database would fail other tests.
                shutil.rmtree(os.environ["TEST_FOLDER"])
                shutil.copytree(kept, os.environ["TEST_FOLDER"])
                # Mutants of neighbouring lines mostly fail the same tests.
                order.remove(self.failed.value)
                order.insert(0, self.failed.value)
        return True

    def run_with(self, session: pytest.Session, order: list[int], mutant: Mutant) -> int:
        self.replace_code(mutant) if mutant.tree else self.replace_statement(mutant)
        return self.run_tests(session, order)

    def replace_code(self, mutant: Mutant) -> None:
        """Replace the code of each function of the file, and forget cached results."""
        code = compile(mutant.tree, mutant.path, "exec")
        new = {(each.co_qualname, each.co_firstlineno): each for each in all_code(code)}
        for it in self.functions[mutant.path]:
            with suppress(ValueError):  # another closure: the mutant survives
                key = it.__code__.co_qualname, it.__code__.co_firstlineno
                it.__code__ = new.get(key, it.__code__)
        for cache in self.caches:
            cache.cache_clear()

    def replace_statement(self, mutant: Mutant) -> None:
        before, after = self.query(mutant.before), self.query(mutant.after)
        for it in self.queries:
            if it.text == before.text:
                it.__dict__ = dict(after.__dict__)

    def run_tests(
        self, session: pytest.Session, order: list[int], notes: Notes | None = None
    ) -> int:
        """Run the tests until one fails; return how many failed: 0 or 1."""
        for number, following in zip(order, [*order[1:], None], strict=bool(order)):
            # What the whole session shares, such as the database, stays after the last test.
            after = session if following is None else session.items[following]
            with notes.of(number) if notes else nullcontext():
                session.config.hook.pytest_runtest_protocol(
                    item=session.items[number], nextitem=after
                )
            if session.testsfailed:
                self.failed.value = number
                return 1
        return 0


def test_part(tests: list[str], to_do: dict[str, Mutant], end: float, save: Save) -> None:
    """Test the mutants until none is left or it is `end`."""
    os.chdir(TREE)
    sys.path[0] = str(TREE)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    inside = [(key, mutant) for key, mutant in to_do.items() if mutant.function != 0]
    others = [(key, mutant) for key, mutant in to_do.items() if mutant.function == 0]
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory) as os.environ["TEST_FOLDER"]:
        if child := os.fork():
            os.waitpid(child, 0)
        else:
            os._exit(pytest.main([*PYTEST, *tests], plugins=[Patience(), Forks(inside, end, save)]))
        for key, mutant in in_time(others, end):
            save(key, fails(partial(start_pytest, tests, mutant)))


def main() -> int:
    """Test mutants until none is left or the time is over; return 1 if one survived."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    os.nice(int(os.environ.get("NICE", "19")))

    def results() -> dict[str, bool]:
        return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}

    def save(key: str, killed: bool) -> None:
        NEW.write_text(json.dumps(results() | {key: killed}, indent=0))
        NEW.replace(RESULTS)  # whole, even if this is stopped here

    if not options.list:
        copy_project()
    for part in [options.part] if options.part else PARTS:
        patterns, tests = PARTS[part]
        found: dict[str, Mutant] = {}
        for path in sorted(p for pattern in patterns.split() for p in ROOT.glob(pattern)):
            source, name = path.read_text(), str(path.relative_to(ROOT))
            version = sha256(source.encode()).hexdigest()[:12]
            found |= {f"{name}@{version}:{k}": m for k, m in mutants(str(TREE / name), source)}
        done = {key for key, killed in results().items() if killed or not options.again}
        to_do = {key: mutant for key, mutant in found.items() if key not in done}
        if to_do and not options.list:
            if child := os.fork():
                os.waitpid(child, 0)
            else:
                test_part(tests.split(), to_do, end, save)
                sys.exit()
        known = results()
        survived = [key for key in found if known.get(key) is False]
        left = len(found.keys() - known.keys())
        print(f"{part}: {len(found)} mutants, {len(survived)} survived, {left} to go")
        print(*(re.sub("@[0-9a-f]+", "", f"  {key}") for key in survived), sep="\n")
    return int(not all(results().values()))


if __name__ == "__main__":
    sys.exit(main())
