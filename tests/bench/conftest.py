"""Stores of the sizes that goals name, made once and removed at the end."""

import gc
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Test modules are imported by path, so that helpers beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))

import flightlog
from generate import write_journals
from million import write_million


@pytest.fixture(scope="session")
def bench_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, Callable[[Path], object]], Path]]:
    """Gives the folder of a name, filled by whoever asks first; kept for the next time in FLIGHTLOG_BENCH_DATA."""
    kept = os.environ.get("FLIGHTLOG_BENCH_DATA")
    base = Path(kept) if kept else tmp_path_factory.mktemp("bench")

    def folder(name: str, fill: Callable[[Path], object]) -> Path:
        path = base / name
        if not path.exists():
            path.mkdir(parents=True)
            fill(path)
        return path

    yield folder
    if not kept:
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session")
def files_of(bench_data) -> Callable[[int], Path]:
    """A data directory of that many journals, indexed."""

    def fill(path: Path, runs: int) -> None:
        write_journals(path, runs)
        with flightlog.open(path, storage="file") as store:
            assert store.runs.totals().runs == runs

    return lambda runs: bench_data(f"files-{runs}", lambda path: fill(path, runs))


@pytest.fixture(scope="session")
def million(bench_data) -> Path:
    """A data directory with a `flightlog.db` of a million runs."""
    return bench_data("million", lambda path: write_million(path / "flightlog.db"))


@pytest.fixture
def as_started() -> Iterator[None]:
    """Python looks for cycles as in the program that the shell starts: never among what is read at the start."""
    gc.collect()
    gc.disable()  # as `run_browser` does; `warming.collect` is what goes on with it
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def raw() -> Iterator[Callable[[Path], sqlite3.Connection]]:
    """Opens a database by the standard library alone."""
    opened: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        opened.append(sqlite3.connect(f"file:{path}?mode=ro", uri=True))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
