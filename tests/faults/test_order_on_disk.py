"""What a power loss would find: nothing is removed before what takes its place is on the disk, by the system calls that
a whole process makes (where there is no strace, by the functions that it calls).
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from strace_points import BY_STRACE, MEANS, said_by, traced
from verb_scene import recorded

GO = ("--where", "tag:go", "--yes")
SYNCS, SHOWS, REMOVES = ("fsync", "fdatasync"), ("link", "linkat", "rename", "renameat"), ("unlink", "unlinkat")
Calls = list[tuple[str, str]]
"""Each call that succeeded, and its arguments as text: descriptors as `<path>`, names in quotes."""


def calls_of(words: tuple[str, ...], data: Path) -> Calls:
    if not BY_STRACE:
        with recording() as calls:
            assert said_by(words, data)[0] == 0
        return calls
    code, said, lines = traced(words, data)
    assert code == 0, said
    found = (re.match(r"\d+ +(\w+)\((.*)\) += (\S+)", line) for line in lines)
    return [(match[1], match[2]) for match in found if match and match[3] != "-1"]


@contextmanager
def recording() -> Iterator[Calls]:
    """The same of the functions that this process calls."""
    found, paths = Calls(), dict[int, str]()
    real: dict[str, Callable] = {name: getattr(os, name) for name in ("open", *SYNCS, "link", "rename", "unlink")}

    def shown(value: object) -> str:
        return f"<{paths.get(value, '')}>" if isinstance(value, int) else f'"{os.fspath(value)}"'  # type: ignore[call-overload]

    def kept(name: str) -> Callable:
        def call(*args, **options):
            result = real[name](*args, **options)
            if name == "open":
                above = paths.get(options.get("dir_fd", -1))
                paths[result] = os.path.join(above, args[0]) if above else os.fspath(args[0])
            else:
                folders = [shown(options[one]) for one in ("src_dir_fd", "dst_dir_fd", "dir_fd") if one in options]
                found.append((name, ", ".join([*map(shown, args), *folders])))
            return result

        return call

    for name in real:
        setattr(os, name, kept(name))
    try:
        yield found
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def in_order(calls: Calls, *steps: tuple[tuple[str, ...], str]) -> None:
    """Asserts that the first call that fits each step comes after the first that fits the one before it."""
    at = -1
    for names, pattern in steps:
        found = [n for n, (name, told) in enumerate(calls) if name in names and re.search(pattern, told)]
        later = [n for n in found if n > at]
        assert later, f"{names} {pattern} does not come after {calls[at]}"
        if names != SYNCS:  # a folder may be synced any time before as well
            assert later[0] == found[0], f"{calls[found[0]]} comes before {calls[at]}"
        at = later[0]


@pytest.fixture
def scene(tmp_path: Path) -> tuple[Path, list[str]]:
    runs = list(recorded(tmp_path / "data", "file"))[:2]
    return tmp_path / "data", runs


RECORD = (SYNCS, r"audit\.jsonl>")
RUNS, MONTH, TRASH = r"/runs/[\d-]{10}>", r"/archive/[\d-]{7}>", r"/trash/\w{26}>"


@pytest.mark.parametrize("means", [MEANS])
def test_an_archive_is_on_the_disk_before_the_run_goes(scene, means):
    data, runs = scene
    calls = calls_of(("archive", *GO), data)
    for run in runs:
        shown, gone = (SHOWS, rf'"{run}\.flz"'), (REMOVES, rf'"{run}\.jsonl"')
        in_order(calls, RECORD, (SYNCS, rf"{run}\.part>"), shown, (SYNCS, MONTH), gone, (SYNCS, RUNS))
    in_order(calls, (("mkdir", "mkdirat"), '"archive"'), (SYNCS, "/data>")) if BY_STRACE else None


@pytest.mark.heavy
@pytest.mark.parametrize("means", [MEANS])
def test_a_run_is_on_the_disk_before_its_archive_goes(scene, means):
    data, runs = scene
    assert said_by(("archive", *GO), data)[0] == 0
    calls = calls_of(("restore", *GO), data)
    for run in runs:
        aside = rf"/trash/\.\w{{26}}/{run}\.jsonl>"
        shown, gone = (SHOWS, rf'"{run}\.jsonl"'), (REMOVES, rf'"{run}\.flz"')
        in_order(calls, RECORD, (SYNCS, aside), shown, (SYNCS, RUNS), gone, (SYNCS, MONTH))


@pytest.mark.heavy
@pytest.mark.parametrize("means", [MEANS])
def test_what_is_said_of_a_run_in_the_trash_comes_before_it_and_the_folder_it_left_last(scene, means):
    data, runs = scene
    calls = calls_of(("rm", *GO), data)
    for run in runs:
        moved = (SHOWS, rf'"{run}\.jsonl"')
        in_order(calls, RECORD, (SYNCS, rf"{run}\.json>"), moved, (SYNCS, TRASH), (SYNCS, RUNS))
    calls = calls_of(("undo", "--yes"), data)
    for run in runs:
        back, gone = (SHOWS, rf'"{run}\.jsonl"'), (REMOVES, rf'"{run}\.jsonl"')
        in_order(calls, RECORD, back, (SYNCS, RUNS), gone, (SYNCS, TRASH))


@pytest.mark.heavy
def test_an_archive_of_a_database_is_on_the_disk_before_its_rows_go(tmp_path):
    if not BY_STRACE:
        return
    data = tmp_path / "data"
    for run in list(recorded(data, "sqlite"))[:2]:
        calls = calls_of(("archive", run, "--yes"), data)
        shown, gone = (SHOWS, rf'{run}\.flz"'), (REMOVES, rf'{run}\.part"')
        in_order(calls, (SYNCS, rf"{run}\.part>"), shown, (SYNCS, MONTH), (SYNCS, r"flightlog\.db"), gone)
