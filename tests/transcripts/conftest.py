"""What tests of transcripts have in common."""

from pathlib import Path

import pytest
from flightlog.backends.sources.transcripts.index import TranscriptIndex
from flightlog.backends.sources.transcripts.store import FORMATS
from flightlog.backends.sqlite.engine import open_database
from recorded_transcripts import copied


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path_factory):
    """Indexes lie in a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def claude(tmp_path):
    """What `~/.claude` holds, written long ago."""
    return copied("claude-code-2.1", tmp_path / "claude")


@pytest.fixture
def codex(tmp_path):
    """What `~/.codex` holds, written long ago."""
    return copied("codex-0.169", tmp_path / "codex")


@pytest.fixture
def index_of():
    """An index of a place, in memory (or in a file), brought up to date."""
    opened = []

    def index(root, place=None):
        found = TranscriptIndex(Path(root), FORMATS, open_database(place, truth=False))
        opened.append(found)
        found.refresh()
        return found

    yield index
    for one in opened:
        one.database.close()
