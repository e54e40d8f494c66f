"""A command that is struck at one system call of its work, seen and struck from outside by strace.

A first, whole run tells which calls concern the data directory; then the command is run again for each of them (or
for some), and that call kills it or fails. Where there is no strace, or it may not trace, the same commands are struck
at their calls of Python's functions (`killing.killed_at`), which SQLite's own calls are not among.
"""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from killing import EVERY, killed_at
from operation_steps import STEPS, failing

PROGRAM = (sys.executable, "-c", "from flightlog.tui.cli.main import main; main(prog_name='flightlog')")
CALLS = (
    *("write", "pwrite64", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"),
    *("fsync", "fdatasync", "openat", "close", "mkdir", "mkdirat", "rmdir", "ftruncate", "fallocate"),
)
CACHE = "cache"
"""The folder, beside the data, of what can be made anew."""
_OFTEN = {"openat", "close", "pwrite64"}
"""Calls that change nothing, or that databases make by the hundred: fewer of them are struck."""
_LINE = re.compile(r"^\d+ +(\w+)\((.*)$")


class Point(NamedTuple):
    """The `number`-th call of this name that a command makes."""

    call: str
    number: int
    told: str


def _can_trace() -> bool:
    trace = ("strace", "-f", "-qq", "-y", "-e", "trace=close", "-e", "inject=close:signal=KILL:when=60000", "true")
    try:
        return subprocess.run(trace, capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


BY_STRACE = _can_trace()
MEANS = "strace" if BY_STRACE else "injected"
"""What the commands are struck by: tests say it in their names."""


def environment(data: Path) -> dict[str, str]:
    """In which the same command makes the same calls each time: no index is left to it by the one before."""
    same = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "XDG_CACHE_HOME": str(data.parent / CACHE)}
    return os.environ | same | {"FLIGHTLOG_DATA": str(data)}


def traced(words: Sequence[str], data: Path, *more: str) -> tuple[int, str, list[str]]:
    """Runs a command; its exit code (negative: killed by this signal), what it said, and a line for each call."""
    told = data.parent / "calls"
    strace = ("strace", "-f", "-qq", "-y", "-s", "0", "-o", str(told), "-e", f"trace={','.join(CALLS)}")
    done = subprocess.run(
        [*strace, *more, *PROGRAM, *words],
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    lines = told.read_text(errors="replace").splitlines() if told.exists() else []
    return done.returncode, done.stdout + done.stderr, lines


def points(lines: Sequence[str], folder: Path) -> list[Point]:
    """The calls that concern a folder, in their order."""
    seen, found = Counter[str](), list[Point]()
    for line in lines:
        if match := _LINE.match(line):
            seen[match[1]] += 1
            if str(folder) in match[2]:
                found.append(Point(match[1], seen[match[1]], match[2][:300]))
    return found


def chosen(found: Sequence[Point], few: int) -> list[Point]:
    """Some of them, spread evenly: most of those that change something, a few of the others."""
    if EVERY == 1:
        return list(found)
    anew = ("/.flightlog/", f"/{CACHE}/")
    weighty = [one for one in found if one.call not in _OFTEN and not any(name in one.told for name in anew)]
    others = [one for one in found if one not in weighty]
    return [*_spread(weighty, few - few // 4), *_spread(others, few // 4)]


def _spread(found: Sequence[Point], few: int) -> list[Point]:
    return [found[(2 * n + 1) * len(found) // (2 * few)] for n in range(few)] if len(found) > few else list(found)


def struck(
    words: Sequence[str], data: Path, anew: Callable[[], object], few: int, fault: int = 0
) -> Iterator[tuple[str, str]]:
    """Runs a command again and again, each time on data that are made `anew`, and struck at another call.

    `fault` is the error number that the call fails with; by default it kills. Yields where it struck, and what the
    command said, after each: the data are as it left them then.
    """
    anew()
    found = _by_strace if BY_STRACE else _by_functions
    yield from found(words, data, anew, few, fault)


def _by_strace(
    words: Sequence[str], data: Path, anew: Callable[[], object], few: int, fault: int
) -> Iterator[tuple[str, str]]:
    code, said, lines = traced(words, data)
    assert code in (0, 3), said
    missed = 0
    for point in chosen(points(lines, data.parent), few):
        anew()
        does = f"error={errno.errorcode[fault]}" if fault else "signal=KILL"
        inject = f"inject={point.call}:{does}:when={point.number}"
        code, said, lines = traced(words, data, "-e", inject)
        assert code in ((0, 1, 3) if fault else (0, 3, -signal.SIGKILL, 128 + signal.SIGKILL)), (point, code, said)
        # A thread, or the clock, may have it make one call more or less than before.
        missed += not (any("INJECTED" in line for line in lines) if fault else code not in (0, 3))
        yield f"{point.call} #{point.number} {point.told}", said
    assert missed < 3, f"{missed} of them struck nothing"


def _by_functions(
    words: Sequence[str], data: Path, anew: Callable[[], object], few: int, fault: int
) -> Iterator[tuple[str, str]]:
    for number in range(EVERY or 3, 2000, EVERY or 120 // few):
        anew()
        if fault:
            ended = not _failing_at(number, fault, words, data)
        else:
            ended = killed_at(number, STEPS, lambda: said_by(words, data))
        yield f"function #{number}", ""
        if ended:
            return


def _failing_at(number: int, fault: int, words: Sequence[str], data: Path) -> bool:
    with failing(number, fault) as hit:
        said_by(words, data)
    return bool(hit)


def said_by(words: Sequence[str], data: Path) -> tuple[int, str]:
    """Exit code and words of a command that is run in this process: for a child of a test, which is warm."""
    from click.testing import CliRunner
    from flightlog.tui.cli.main import main

    done = CliRunner(env={"FLIGHTLOG_DATA": str(data)}).invoke(main, list(words))
    crash = "" if done.exception is None or isinstance(done.exception, SystemExit) else f"Traceback {done.exception!r}"
    return done.exit_code, done.output + crash


def in_a_child(work: Callable[[], object]) -> None:
    """Does it in a process of its own, which knows nothing of what was before; AssertionError with what it says."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - told to the test, which fails by it
            import traceback

            text = "".join(traceback.format_exception(error))
            with suppress(OSError):
                os.write(writing, text[-60_000:].encode("utf-8", "replace"))
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, said


def copied(base: Path, data: Path) -> Callable[[], object]:
    """What makes the data anew."""

    def anew() -> None:
        for path in data.parent.iterdir():
            if path != base:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(base, data, symlinks=True)

    return anew
