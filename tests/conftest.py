"""What all tests share: nobody's own data or cache is touched, and every failure can be repeated."""

import compileall
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flightlog.core import ids
from hypothesis import HealthCheck, settings

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))

from made_stores import MAKERS
from postgres_server import PostgresServer

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background has its children ignore interrupts, and so would ours.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """What tests start as processes is compiled once, as an installed program is: also where Python was told to leave
    nothing beside what it imports, as it often is on machines that only test. That saves half of each start.
    """
    if not hasattr(config, "workerinput"):
        for room in ("core", "backends", "tui"):
            compileall.compile_dir(Path(__file__).parents[1] / room, quiet=1)


gc.disable()


def pytest_collection_finish() -> None:
    """What was imported and collected is no garbage, and what a test leaves may lie for a while: to look for cycles as
    often as Python does by itself took two fifths of the time that tests are collected in, and a fifth of that of tests
    of screens.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)
    gc.enable()


_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything must be proved (`CI` is set), a test that was skipped has failed."""
    if os.environ.get("CI") and _skipped and session.exitstatus == 0:
        print("\nskipped, which CI does not allow:", *_skipped, sep="\n  ")  # noqa: T201
        session.exitstatus = 1


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("HOME", str(home))
    for name in ("FLIGHTLOG_DATA", "FLIGHTLOG_CONFIG", "FLIGHTLOG_DISABLED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables of an empty database are compiled once a process, not once a test."""
    for name, quickly in MAKERS.items():
        monkeypatch.setattr(f"flightlog.backends.sql.schema.{name}", quickly)


@pytest.fixture(autouse=True)
def _ids_of_today() -> None:
    """Ids of a process never go back: of one whose clock a test before had set to 2099, all would be of that day."""
    if ids._last_ms > time.time() * 1000 + 60_000:
        ids._last_ms = 0


@pytest.fixture
def patient_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, feeding a mirror takes longer than a person would wait for when a store is closed."""
    monkeypatch.setattr("flightlog.backends.mirror.feeder._RECORDED_S", 60.0)
    monkeypatch.setattr("flightlog.backends.mirror.feeder._LOOKED_S", 60.0)


@pytest.fixture
def patient_shipper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor has all that was recorded to be in the database when a store is closed: here it is waited for."""
    monkeypatch.setattr("flightlog.backends.spool.shipper._CLOSING_S", 60.0)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started by the first test that asks for it."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def new_postgres_url(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Makes empty stores on it, for one test; each call the URL of one."""
    made: list[str] = []

    def server() -> PostgresServer:
        found: PostgresServer = request.getfixturevalue("postgres")  # started only if it is needed
        return found

    def make() -> str:
        made.append(server().new_store())
        return server().url(made[-1])

    yield make
    for name in made:
        server().give_back(name)
