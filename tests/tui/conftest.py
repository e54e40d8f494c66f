"""What the tests of screens share."""

import sys
from pathlib import Path

import pytest

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))

from flightlog.core.store import Store
from little_store import Feed, Runs, make_run, make_store


@pytest.fixture
def runs() -> Runs:
    """A thousand runs."""
    return Runs([make_run(n) for n in range(1000)])


@pytest.fixture
def feed() -> Feed:
    """A feed of nothing yet."""
    return Feed()


@pytest.fixture
def store(runs: Runs, feed: Feed) -> Store:
    """A store of a thousand runs."""
    return make_store(runs, feed)
