"""What all tests of stopping share: work that is counted, and data directories that are laid out anew for each."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))

from counted_work import Work
from sqlalchemy import Engine, event
from stopped_scene import Recorded, lies_at


@pytest.fixture
def work(monkeypatch) -> Iterator[Work]:
    counting = Work(monkeypatch)
    event.listen(Engine, "before_cursor_execute", counting.statement)
    yield counting
    event.remove(Engine, "before_cursor_execute", counting.statement)


@pytest.fixture
def laid_out(tmp_path, request) -> Iterator[Callable[[Recorded], Path]]:
    """Copies what was recorded for one test; the data directory."""
    copies: list[str] = []

    def lay_out(found: Recorded) -> Path:
        shutil.copytree(found.where, tmp_path, dirs_exist_ok=True)
        if found.database:
            server = request.getfixturevalue("postgres")
            copies.append(server.new_database(like=found.database))
            lies_at(tmp_path / "data", server.url(copies[-1]))
        return tmp_path / "data"

    yield lay_out
    for name in copies:
        request.getfixturevalue("postgres").drop_database(name)
