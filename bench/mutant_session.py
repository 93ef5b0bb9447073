"""A session of pytest that runs its tests again for every fault planted in one module.

Tests are collected once. A first fork runs them all and notes which lines of the module each
reaches; then each fault has a fork of its own, in which the code of one function is replaced and
the tests that reach it run, the fastest first, until one fails. The effects of a fork end with it.
"""

import gc
import json
import os
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import Phase, settings

from bench.mutations import Mutant, plant
from pipeline.core import files

Lines = dict[str, set[int]]

KILLED, SURVIVED, TIMED_OUT, UNREACHED = "killed", "survived", "timed out", "no test reaches it"
SPARE_S = 4  # of the processor, beside four times what the tests take without a fault
WAIT = 20  # times as long by the clock, on a machine that is busy
ROOM = 6 << 30  # bytes of address space beside what the session has

# Without a search for the smallest example, and with the same examples each time.
settings.register_profile(
    "mutants",
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
)


@dataclass(frozen=True)
class Task:
    """A module and its file, what is spent on one fault, and where the reach of tests is kept.

    `traced` are the files of all modules that have the same tests: `reached` serves them all.
    """

    module: str
    path: Path
    budget_s: float
    traced: frozenset[str]
    reached: Path


class Session:
    """The plugin: `wanted` faults of a module, each result handed to `note`."""

    def __init__(
        self, task: Task, wanted: list[Mutant], note: Callable[[dict[str, Any]], None]
    ) -> None:
        self.task, self.wanted, self.note = task, wanted, note
        self.failed = False
        self.baseline = ""
        self.of_file: Lines | None = None
        self.of_test: Lines | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep that a test failed."""
        self.failed |= report.failed
        if report.failed:
            self.baseline = f"{report.nodeid}: {report.longreprtext[-1500:]}"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests without a fault, then with each."""
        if session.testsfailed:
            raise pytest.UsageError("the tests cannot be collected")
        if not self.task.reached.exists():
            self._trace(session)
        reached = json.loads(self.task.reached.read_text(encoding="utf-8"))
        path = str(self.task.path)
        functions = dict(live(sys.modules[self.task.module], path))
        source = self.task.path.read_text(encoding="utf-8")
        for mutant in self.wanted:
            begun = time.monotonic()
            lines = set(range(mutant.lines[0], mutant.lines[1] + 1))
            able = sorted(
                (reached[item.nodeid]["seconds"], number)
                for number, item in enumerate(session.items)
                if lines & set(reached[item.nodeid]["lines"].get(path, []))
            )
            spent = list(accumulate(seconds for seconds, _ in able))
            chosen = [one for one, total in zip(able, spent, strict=True)
                      if total <= max(self.task.budget_s, able[0][0])]  # fmt: skip
            code = plant(source, path, mutant.key)
            target = functions.get((mutant.function, code.co_firstlineno))
            if target is None:
                raise pytest.UsageError(f"{mutant.function}: cannot be replaced while it runs")
            own = sum(seconds for seconds, _ in chosen)
            items = [session.items[number] for _, number in chosen]
            status = self._tried(target, code, items, SPARE_S + 4 * own) if items else UNREACHED
            self.note(
                asdict(mutant)
                | {
                    "status": status,
                    "tests": len(chosen),
                    "of": len(able),
                    "seconds": round(time.monotonic() - begun, 2),
                }
            )
        return True

    def _tried(
        self, target: FunctionType, code: CodeType, items: list[pytest.Item], most_s: float
    ) -> str:
        """The result of the tests when `target` has other code."""

        def faulty() -> int:
            target.__code__ = code
            limits(most_s)
            return self._run(items)

        ended = fork(faulty, WAIT * most_s)
        if ended is None or ended == -signal.SIGXCPU:
            return TIMED_OUT
        return KILLED if ended else SURVIVED

    def _run(self, items: list[pytest.Item]) -> int:
        """1 as soon as a test fails, else 0."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                return 1
        return 0

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        """Note the lines that run while fixtures are set up."""
        return (yield from self._noted(self.of_file))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Note the lines that run in the test itself."""
        return (yield from self._noted(self.of_test))

    def _noted(self, into: Lines | None) -> Iterator[None]:
        if into is None:
            return (yield)
        own = {file: into[file] for file in self.task.traced}

        def line(frame: FrameType, event: str, argument: object) -> Any:
            own[frame.f_code.co_filename].add(frame.f_lineno)
            return line

        def call(frame: FrameType, event: str, argument: object) -> Any:
            if frame.f_code.co_filename not in own:
                return None
            return line(frame, event, argument)

        sys.settrace(call)
        try:
            return (yield)
        finally:
            sys.settrace(None)

    def _trace(self, session: pytest.Session) -> None:
        """Note the seconds of the processor that each test takes, and the lines that it reaches.

        What runs while fixtures are set up is counted for all tests of the same file.
        """

        def traced() -> int:
            found: list[tuple[pytest.Item, float, Lines]] = []
            set_up: dict[Path, Lines] = {}
            for item, following in zip(session.items, [*session.items[1:], None], strict=True):
                self.of_file = set_up.setdefault(item.path, defaultdict(set))
                self.of_test = defaultdict(set)
                begun = time.process_time()
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                found.append((item, time.process_time() - begun, self.of_test))
                if self.failed:
                    files.write_text(self.task.reached.with_suffix(".failed"), self.baseline)
                    return 1
            answer = {
                item.nodeid: {
                    "seconds": seconds,
                    "lines": {
                        file: sorted(own[file] | set_up[item.path][file])
                        for file in self.task.traced
                    },
                }
                for item, seconds, own in found
            }
            files.write_text(self.task.reached, json.dumps(answer))
            return 0

        if fork(traced, 7200):
            raise pytest.UsageError(f"a test fails without a fault: {self.task.reached}")


def live(module: ModuleType, file: str) -> Iterator[tuple[tuple[str, int], FunctionType]]:
    """The functions of a module that is imported, by name and first line."""
    within = [module, *(one for one in vars(module).values() if isinstance(one, type))]
    for place in within:
        for value in vars(place).values():
            one = getattr(value, "fget", None) or getattr(value, "func", None) or value
            one = getattr(one, "__func__", one)
            while one is not None:
                if isinstance(one, FunctionType) and one.__code__.co_filename == file:
                    yield (one.__code__.co_qualname, one.__code__.co_firstlineno), one
                one = getattr(one, "__wrapped__", None)


def limits(seconds: float) -> None:
    """End this process when it has used this many seconds, or too much memory."""
    spent = int(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 5))
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, taken + ROOM))


def fork(work: Callable[[], int], seconds: float) -> int | None:
    """The exit code of `work` in a process of its own, None past its time by the clock."""
    gc.freeze()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        code = 3
        try:
            sink = os.open(os.devnull, os.O_RDWR)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            code = work()
        finally:
            os._exit(code)
    until = time.monotonic() + seconds
    pause = 0.005
    done = 0
    while not done and time.monotonic() < until:
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
        done, status = os.waitpid(child, os.WNOHANG)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    if not done:
        os.waitpid(child, 0)
        return None
    return os.waitstatus_to_exitcode(status)
