"""The contract suite runs on every way of keeping a store, those of `places.MAKERS`."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))
from flightlog.core import clock
from flightlog.core.store import Store
from places import MAKERS, PERSISTENT, NewUrl, Place

pytest.register_assert_rewrite("looking", "told_sums")

DAY_NS = 86_400 * 10**9


@pytest.fixture
def noon() -> Iterator[None]:
    """It is noon when the test begins, so that what it records and what it asks are of one day."""
    passed_ns = time.time_ns() % DAY_NS
    with clock.pretending(lambda: time.time_ns() - passed_ns - DAY_NS // 2):
        yield


@pytest.fixture(params=MAKERS)
def place(request: pytest.FixtureRequest, tmp_path: Path, new_postgres_url: NewUrl) -> Iterator[Place]:
    """A place of each kind."""
    found = Place(request.param, tmp_path / "data", new_postgres_url)
    yield found
    found.close()


@pytest.fixture(params=PERSISTENT)
def kept(request: pytest.FixtureRequest, tmp_path: Path, new_postgres_url: NewUrl) -> Iterator[Place]:
    """A place of each kind that outlives a process."""
    found = Place(request.param, tmp_path / "data", new_postgres_url)
    yield found
    found.close()


@pytest.fixture(params=[name for name in MAKERS if name != "joined"])
def target(request: pytest.FixtureRequest, tmp_path: Path, new_postgres_url: NewUrl) -> Iterator[Place]:
    """A second place, of each kind, to carry into."""
    found = Place(request.param, tmp_path / "target", new_postgres_url)
    yield found
    found.close()


@pytest.fixture
def store(place: Place) -> Store:
    """A store of each kind."""
    return place.open()
