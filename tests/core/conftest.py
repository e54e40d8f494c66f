"""A store that only records: journals in a temporary folder, and nothing that reads them but their own lines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.reader import read_lines
from flightlog.backends.journal.recording import JournalRecording
from flightlog.core.events import decode
from flightlog.core.store import Store


def no_reading() -> Any:
    raise AssertionError("recording must not open the reading side")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


@pytest.fixture
def make_store(layout: Layout) -> Callable[..., Store]:
    def make(**changes: Any) -> Store:
        parts: dict[str, Any] = {
            "name": "test",
            "recording": JournalRecording(layout),
            "workflows": None,
            "reading": no_reading,
            "close": lambda: None,
        }
        return Store(**(parts | changes))

    return make


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store()


@pytest.fixture
def recorded(layout: Layout) -> Callable[..., list[Any]]:
    """The events of a run as its journal has them, all or those of some types."""

    def events(run: str, *types: str) -> list[Any]:
        found = [decode(line) for _, line in read_lines(layout.journal(run))]
        return [event for event in found if not types or event.__struct_config__.tag in types]

    return events


@pytest.fixture(autouse=True)
def enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLIGHTLOG_DISABLED", raising=False)
