"""What the tests of screens share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))

from flightlog.core.store import Store
from flightlog.tui.app import FlightlogApp
from little_store import Feed, Runs, make_run, make_store
from settling import settled
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every browser lets go of its store: watches of tests that are over would keep the machine busy."""
    apps: list[FlightlogApp] = []
    begin = FlightlogApp.__init__

    def remembered(app: FlightlogApp, *args: object, **options: object) -> None:
        apps.append(app)
        begin(app, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FlightlogApp, "__init__", remembered)
    yield
    for app in apps:
        app.close()


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a key, tests wait until it has had its effect, and not for a time."""
    monkeypatch.setattr("textual.app.wait_for_idle", settled)
    monkeypatch.setattr("textual.pilot.wait_for_idle", settled)


@pytest.fixture(autouse=True)
def _said(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person was told stands there until a test has looked: a busy machine takes longer than its seconds."""
    monkeypatch.setattr("textual.notifications.Notification.time_left", 1000.0)


_parse_rules = Stylesheet._parse_rules
_parsed: dict[object, list[RuleSet]] = {}


@pytest.fixture(autouse=True)
def _styled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Style sheets are parsed once a process and theme, not once a browser: a twentieth of the time of these tests."""

    def parsed(sheet: Stylesheet, *source: object, **more: object) -> list[RuleSet]:
        asked = (frozenset(sheet._variables.items()), source, frozenset(more.items()))
        if asked not in _parsed:
            _parsed[asked] = _parse_rules(sheet, *source, **more)  # type: ignore[arg-type]
        return _parsed[asked]

    monkeypatch.setattr(Stylesheet, "_parse_rules", parsed)


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


@pytest.fixture
def app(store: Store) -> FlightlogApp:
    """A browser of that store."""
    return FlightlogApp(lambda: store)
